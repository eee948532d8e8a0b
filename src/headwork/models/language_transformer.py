"""The Transformer as a language model; most published ones are settings of it.

    h^0 = E[x] (+ position),   h^n = block_n([memory_n ; h^n-1], h^n-1),   logits = E norm(h^N) + b

    memory             none: a segment knows nothing of the ones before              Al-Rfou et al. 2019
                       recurrence: the last states that block n has read             Dai et al. 2019, "Transformer-XL"
                       compressive: older ones in a coarser second memory            Rae et al. 2020
                       nearest: recurrence, and in one layer the keys and values
                       of a long past, of which each query takes the best           Wu et al. 2022
    scope              span, strided, fixed, hashed, routed, …                       headwork.attention.scopes
                       local-1d, local-2d: "Image Transformer"                       Parmar et al. 2018
    stack              blocks: one after the other
                       reversible: two streams, x1 + attention(x2), x2 + ff(y1)      Kitaev et al. 2020, "Reformer"
                       pondering: one block, as often as each place wants            Dehghani et al. 2019
                       exiting: blocks, until a place is sure (layers.exiting)       Elbayad 2020, Schuster 2022
    product_keys       a memory of slots in place of one feed-forward network        Lample et al. 2019

Auxiliary losses of the deep character model (Al-Rfou et al. 2019, section 3): every place of a segment predicts and not
the last alone; lower layers predict too, layer n of N for the first n / 2N of the training; further classifiers predict
the tokens behind the next, each with weight 1/2. Lower layers share the last norm and the table of the last. Where
places may exit, layer n predicts throughout the training, with weight n / (1 + … + N).

Axes: B texts, M remembered states, P remembered pairs, T tokens of a segment, H heads, D width, V vocabulary.
"""

import math
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from headwork.attention.choice import Choice
from headwork.attention.memory import Compressive, Nearest, Pairs, ProductKeyMemory, Recurrence, Remembered
from headwork.attention.scopes import Document, LearnedSpan
from headwork.layers.exiting import By, Exit
from headwork.layers.pondering import Pondering
from headwork.layers.reversible import Pair, forwards, reversible
from headwork.layers.slots import SlotBlock
from headwork.layers.transformer import Beside, Block, CoreConfig, Embeddings, initialise
from headwork.models.language import LanguageNetwork, Memory, NetworkSettings, Read, kept_apart, places_after
from headwork.models.language_settings import WHOLE

AHEAD = 0.5
"""weight of the loss of each token behind the next"""
NOWHERE = -(2**40)
"""number of the document of what belongs to several"""


class LanguageTransformerConfig(NetworkSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    SIZES: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"dim": 32, "layers": 2, "heads": 2, "ff": 64, "context": 32},
        "small": {},
        "base": {"dim": 384, "layers": 6, "heads": 6, "ff": 1536, "context": 256},
    }

    layers: int = 4
    heads: int = 4
    ff: int = 768
    norm: Literal["post", "pre"] = "pre"
    activation: Literal["relu", "gelu"] = "gelu"
    absolute: Literal["learned", "sinusoid", "none"] = "learned"
    """positions added to the embeddings, beside those of the attention"""
    score: str = "scaled_dot"
    normaliser: str = "softmax"
    scope: str = "full"
    """beside the causal one"""
    position: str = ""
    shared_keys: bool = False
    """keys are the queries at length 1"""
    memory: Literal["none", "recurrence", "compressive", "nearest"] = "none"
    """of the segments before"""
    remembered: int = 0
    """states of each layer; 0: as many as the context has"""
    compressed: int = 64
    """states of each layer's second memory"""
    rate: int = 4
    """states that become one there"""
    compression: Literal["mean", "max", "conv"] = "conv"
    reconstruction: float = 0.01
    """weight of the loss that teaches the compression and nothing else, so that only clipping feels how large it is"""
    pairs: int = 1024
    """keys and values that the layer with the nearest pairs keeps, beyond the states remembered"""
    nearest: int = 32
    """of these pairs that each query takes"""
    nearest_layer: int = 0
    """counted from 1; 0: three quarters up"""
    stack: Literal["blocks", "reversible", "pondering", "exiting"] = "blocks"
    exit_by: By = "softmax"
    """what says whether a place is sure"""
    exit_price: float = 0.1
    """nats that a layer must be worth to the oracle of a classifier"""
    exit_risk: float = 0.1
    """share of places that may foretell another token than the full network does"""
    exit_doubt: float = 0.05
    """chance that the threshold, chosen on dev, breaks this promise"""
    recompute: bool = False
    """keep no activations of a block but its input, and compute them again for the gradient (Chen et al. 2016)"""
    ff_chunks: int = 1
    """pieces of a segment that a feed-forward network takes one after the other"""
    product_keys: int = 0
    """half keys of a memory of as many slots squared in the middle block; 0: none"""
    span_penalty: float = 0.0
    """weight of the mean learned span, a share of the longest"""
    ponder_penalty: float = 0.0
    """weight of the mean ponder cost"""
    predicts: Literal["every", "last"] = "every"
    """places of a segment whose next token the loss asks for"""
    inner_losses: bool = False
    """do lower layers predict in the first half of the training"""
    ahead: int = 0
    """tokens behind the next that further classifiers predict"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dim % self.heads:
            raise ValueError(f"dim is {self.dim} and heads is {self.heads}; heads must divide dim")
        if self.memory != "none" and self.absolute != "none":
            raise ValueError(
                f"memory is {self.memory!r} and absolute {self.absolute!r}; what outlives a segment needs relative "
                "places: absolute = 'none' and a position such as 'xl'"
            )
        if self.memory == "compressive" and (self.norm != "post" or self.stack != "blocks"):
            raise ValueError(
                "memory is 'compressive'; it compresses what blocks attend to: norm = 'post', stack = 'blocks'"
            )
        if self.memory == "nearest" and self.stack != "blocks":
            raise ValueError(
                f"memory is 'nearest' and stack {self.stack!r}; one block of several has it: stack = 'blocks'"
            )
        if self.pairs < 1 or self.nearest < 1 or not 0 <= self.nearest_layer <= self.layers:
            raise ValueError(
                f"pairs is {self.pairs}, nearest {self.nearest}, nearest_layer {self.nearest_layer}; expected at least "
                f"1, at least 1, and 0 to {self.layers}"
            )
        if self.stack == "reversible" and (self.norm != "pre" or "routed" in self.scope or self.product_keys):
            raise ValueError(
                "stack is 'reversible'; it needs norm = 'pre' and what is the same when computed again, so neither "
                "routed scopes nor product keys"
            )
        if not (0 < self.exit_risk < 1 and 0 < self.exit_doubt < 1 and self.exit_price >= 0):
            raise ValueError(
                f"exit_risk is {self.exit_risk}, exit_doubt {self.exit_doubt}, exit_price {self.exit_price}; expected "
                "between 0 and 1, between 0 and 1, and 0 or more"
            )
        if self.stack == "exiting" and self.layers < 2:
            raise ValueError("stack is 'exiting' and layers is 1; there is no layer before the last to exit from")
        if "local-2d" in self.scope and not (self.whole or self.context == WHOLE):
            raise ValueError(
                f"scope is {self.scope!r} and context {self.context}; it needs whole pictures: context = 0"
            )
        if not 0 <= self.ahead < max(self.context, 1):
            raise ValueError(f"ahead is {self.ahead}; expected 0 or more, and less than the context")
        self.attention.check(width=self.dim // self.heads, keys=self.reach, heads=self.heads)

    @property
    def attention(self) -> Choice:
        positions = (self.position,) if self.position else ()
        row = self.picture[1] * self.picture[2] if self.picture else 1
        return Choice(self.score, tuple(self.scope.split(" & ")), self.normaliser, positions, row=row)

    @property
    def kept(self) -> int:
        """States of each layer that are kept: of the segments before, or for writing token by token."""
        return self.remembered or self.context

    @property
    def reach(self) -> int:
        """Places that one query can look at."""
        compressive = self.kept + self.rate + self.compressed
        older = {"none": 0, "recurrence": self.kept, "compressive": compressive, "nearest": self.kept}
        return self.context + older[self.memory]

    @property
    def memorizing(self) -> int | None:
        """The number of the block that has the nearest pairs, from 0."""
        if self.memory != "nearest":
            return None
        return (self.nearest_layer or math.ceil(0.75 * self.layers)) - 1

    def core(self, vocabulary: int) -> CoreConfig:
        return CoreConfig(
            vocabulary=vocabulary,
            dim=self.dim,
            layers=self.layers,
            heads=self.heads,
            ff=self.ff,
            positions=self.reach,
            types=0,
            embedding_norm=False,
            norm=self.norm,
            eps=1e-5,
            activation=self.activation,
            causal=True,
            attention=self.attention,
            absolute=self.absolute,
            shared_keys=self.shared_keys,
            ff_chunks=self.ff_chunks,
            dropout=self.dropout,
        )


class LanguageTransformer(LanguageNetwork):
    def __init__(self, config: LanguageTransformerConfig, *, vocabulary: int) -> None:
        super().__init__(config, vocabulary=vocabulary)
        core = config.core(vocabulary)
        self.embeddings = Embeddings(core)
        many = 1 if config.stack == "pondering" else config.layers
        self.blocks = nn.ModuleList(Block(core) for _ in range(many))
        if config.product_keys:
            memory = ProductKeyMemory(config.dim, keys=config.product_keys, key_dim=config.dim, sparse=False)
            self.blocks[many // 2] = SlotBlock(core, memory)
        self.norm = nn.LayerNorm(config.dim, eps=core.eps) if config.norm == "pre" else nn.Identity()
        self.head = self.new_head(self.embeddings.tokens)
        self.further = nn.ModuleList(nn.Linear(config.dim, vocabulary) for _ in range(config.ahead))
        self.times = nn.Embedding(config.layers, config.dim) if config.stack == "pondering" else None
        self.apply(initialise)
        self.pondering = Pondering(config.dim) if config.stack == "pondering" else None
        self.exit = Exit(config.dim, config.exit_by) if config.stack == "exiting" else None
        self.recurrence = Recurrence(config.kept)
        self.nearest: Nearest | None = None
        if config.memory == "nearest":
            self.nearest = Nearest(config.heads, length=config.pairs, k=config.nearest, beyond=config.kept)
        self.compressive = nn.ModuleList(
            Compressive(config.kept, config.compressed, config.rate, config.compression, dim=config.dim)
            for _ in range(config.layers if config.memory == "compressive" else 0)
        )

    @property
    def layers(self) -> list[Block]:
        """The blocks in the order in which they run, a shared one as often as it may."""
        blocks = cast(list[Block], list(self.blocks))
        return blocks * self.config.layers if self.pondering else blocks

    @property
    def carries(self) -> bool:
        return self.config.memory != "none"

    def forward(self, ids: Tensor, memory: Memory | None = None) -> Read:
        memory = memory or {}
        places = places_after(ids, memory.get("places"))
        near = places if self.compressive else places[:, -self.config.kept - ids.shape[1] :]
        apart = kept_apart(near, ids.shape[1])
        first = 0 if self.carries else places.shape[1] - ids.shape[1]
        x = self.embeddings.segment(ids, first)
        recall = Recall(self, memory, places)
        *inner, last = self._run(x, recall, apart)
        return Read(
            self.norm(last), recall.kept, self._penalty(recall.penalties), inner=tuple(inner), spent=recall.spent
        )

    def _run(self, x: Tensor, recall: "Recall", apart: Document | None) -> list[Tensor]:
        """(B, T, D) embeddings to the states behind the layers, as far as the stack has any between."""
        stack = {
            "blocks": self._blocks,
            "reversible": self._reversible,
            "pondering": self._pondering,
            "exiting": self._blocks if self.training else self._exiting,
        }
        return stack[self.config.stack](x, recall, apart)

    def _blocks(self, x: Tensor, recall: "Recall", apart: Document | None) -> list[Tensor]:
        """The states behind each block."""
        found = []
        for number, block in enumerate(self.layers):
            recalled, beside = recall(number, x), recall.beside(number)
            if self.config.recompute and self.training:
                run = partial(checkpoint, block.segment, use_reentrant=False)
            else:
                run = block.segment
            x = cast(Tensor, run(x, recalled, apart=apart, beside=beside))
            found.append(x)
        return found

    def _reversible(self, x: Tensor, recall: "Recall", apart: Document | None) -> list[Tensor]:
        """Both streams begin with the embeddings; their mean is read."""
        pairs = [self._pair(number, block, recall, apart) for number, block in enumerate(self.layers)]
        if self.training:
            weights = [parameter for parameter in self.blocks.parameters() if parameter.requires_grad]
            one, other = reversible(x, x, pairs, weights)
        else:
            one, other = forwards(x, x, pairs)
        return [(one + other) / 2]

    def _pair(self, number: int, block: Block, recall: "Recall", apart: Document | None) -> Pair:
        def attend(x: Tensor) -> Tensor:
            recalled = recall(number, x)
            return block.attention.segment(block.attention_norm(recalled), x.shape[1], apart=apart)

        return Pair(attend, lambda x: block.feed_forward(block.ff_norm(x)))

    def _pondering(self, x: Tensor, recall: "Recall", apart: Document | None) -> list[Tensor]:
        assert self.pondering is not None and self.times is not None
        spent, block = self.pondering.begin(x), self.layers[0]
        for number in range(self.config.layers):
            timed = x + self.times.weight[number]
            recalled = recall(number, timed)  # also when all have halted: later tokens may ponder longer
            if not spent.halted:
                new = block.segment(timed, recalled, apart=apart)
                x, spent = self.pondering.step(x, new, spent, last=number + 1 == self.config.layers)
        recall.spent = spent.steps
        recall.penalties.append(self.config.ponder_penalty * spent.cost.mean())
        return [spent.total]

    def _exiting(self, x: Tensor, recall: "Recall", apart: Document | None) -> list[Tensor]:
        """The states of a place where it left; in training no place leaves."""
        assert self.exit is not None
        runs, depth = torch.ones_like(x[..., 0], dtype=torch.bool), torch.zeros_like(x[..., 0])
        for number, block in enumerate(self.layers):
            recalled = recall(number, x)  # also when all have left: later tokens may go deeper
            if runs.any():
                new = torch.where(runs[..., None], block.segment(x, recalled, apart=apart), x)
                depth = depth + runs
                runs = runs & (self.exit.sure(x, new, self.norm(new), self.logits) < self.exit.threshold)
                x = new
        recall.spent = depth
        return [x]

    def _penalty(self, found: list[Tensor]) -> Tensor | None:
        if self.config.span_penalty:
            spans = [part.penalty() for part in self.modules() if isinstance(part, LearnedSpan)]
            found = [*found, self.config.span_penalty * torch.stack(spans).mean()]
        return torch.stack(found).sum() if found else None

    def learn(self, ids: Tensor, answers: Tensor, memory: Memory | None, *, done: float) -> tuple[Tensor, Memory]:
        read = self(ids, memory)
        loss = self._loss(read.states, answers) if self.exit is None else self._loss_of_layers(read, answers)
        if self.config.inner_losses:
            for number, states in enumerate(read.inner, 1):
                if done < number / (2 * self.config.layers):
                    loss = loss + self._loss(self.norm(states), answers)
        for further, classifier in enumerate(self.further, 1):
            logits, behind = classifier(read.states[:, :-further]), answers[:, further:]
            loss = loss + AHEAD * F.cross_entropy(logits.flatten(0, 1), behind.flatten())
        return loss if read.penalty is None else loss + read.penalty, read.memory

    def _loss_of_layers(self, read: Read, answers: Tensor) -> Tensor:
        """Of all layers that may be the last for a place, and of what decides."""
        assert self.exit is not None
        said = [*(self.norm(states) for states in read.inner), read.states]
        loss = sum(n * self._loss(states, answers) for n, states in enumerate(said, 1)) / sum(range(1, len(said) + 1))
        if self.config.exit_by != "classifier":
            return cast(Tensor, loss)
        with torch.no_grad():
            nats = [self.judge(states, answers).nats for states in said]
        return cast(Tensor, loss + self.exit.loss(said, nats, price=self.config.exit_price))

    def _loss(self, states: Tensor, answers: Tensor) -> Tensor:
        if self.config.predicts == "last":
            states, answers = states[:, -1:], answers[:, -1:]
        return self.loss(states, answers)

    def forget(self, memory: Memory, rows: Tensor) -> Memory:
        """What is remembered stays where it is, as part of a document that no later token belongs to."""
        places = memory["places"]
        return {**memory, "places": torch.where(rows[:, None], places - 1, places)}

    def room(self, memory: Memory | None) -> int | None:
        if self.carries:
            return None
        return self.config.context - (memory["places"].shape[1] if memory else 0)


class Recall:
    """What the blocks of one segment look back at, and what they leave to the next."""

    def __init__(self, network: LanguageTransformer, memory: Memory, places: Tensor) -> None:
        self.network, self.memory, self.places = network, memory, places
        self.penalties: list[Tensor] = []
        self.spent: Tensor | None = None
        """(B, T) steps, where places ponder"""
        self.kept: Memory = {"places": self._places(places)}

    def __call__(self, number: int, x: Tensor) -> Tensor:
        """(B, T, D) that enter block `number` to (B, M + T, D), the remembered ones first."""
        name, network = f"states.{number}", self.network
        recent = self.memory.get(name)
        if not network.compressive:
            if network.carries or not network.training:
                self.kept[name] = network.recurrence.remember(recent, x)
            return network.recurrence.recall(recent, x)
        compressive, older = cast(Compressive, network.compressive[number]), f"compressed.{number}"
        state = None if recent is None else Remembered(self.memory[older], recent)
        if network.training:
            lost = _lost(compressive, state, x, network.layers[number])
            self.penalties.append(network.config.reconstruction * lost)
        self.kept[older], self.kept[name] = compressive.remember(state, x)
        return compressive.recall(state, x)

    def beside(self, number: int) -> Beside | None:
        """What block `number` mixes with its attention: older pairs, where it has them."""
        nearest = self.network.nearest
        if nearest is None or number != self.network.config.memorizing:
            return None

        def mixed(attended: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            new = query.shape[2]
            state = Pairs(self.memory["keys"], self.memory["values"]) if "keys" in self.memory else None
            pairs = nearest.recall(state, key[:, :, -new:], value[:, :, -new:])
            self.kept["keys"], self.kept["values"] = nearest.remember(pairs)
            return nearest(attended, query, pairs, apart=kept_apart(self.places, new))

        return mixed

    def _places(self, places: Tensor) -> Tensor:
        """Documents of what will be remembered; a compressed state of several documents belongs to none."""
        config, nearest = self.network.config, self.network.nearest
        if nearest is not None:
            return places[:, -nearest.kept :]
        if not self.network.compressive:
            return places[:, -config.kept :]
        older = self.memory["compressed.0"].shape[1] if "compressed.0" in self.memory else 0
        many = max(places.shape[1] - older - config.kept, 0) // config.rate * config.rate
        blocks = places[:, older : older + many].unflatten(1, (-1, config.rate)) if many else places[:, :0, None]
        first, last = (blocks[:, :, 0], blocks[:, :, -1])
        compressed = torch.cat([places[:, :older], torch.where(first == last, last, NOWHERE)], 1)
        return torch.cat([compressed[:, -config.compressed :], places[:, older + many :]], 1)


def _lost(compressive: Compressive, state: Remembered | None, x: Tensor, block: Block) -> Tensor:
    """What attention to compressed states lacks of attention to the states themselves."""
    qkv = block.attention.qkv
    q, k, v = (Projection(*both) for both in zip(qkv.weight.chunk(3), qkv.bias.chunk(3), strict=True))
    return compressive.loss(state, x, q, k, v, heads=block.config.heads)


class Projection(NamedTuple):
    """A third of the one product for queries, keys and values."""

    weight: Tensor
    bias: Tensor
