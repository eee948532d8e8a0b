"""A network of two towers (`headwork.models.towers`) as a model of search, alone or with what words say."""

from collections.abc import Sequence
from pathlib import Path

import torch

from headwork.base.recipes import Recipe
from headwork.data.tokenizers import TextTokenizer
from headwork.models import config_of, kind_of
from headwork.models.lexical import Lexical, LexicalConfig
from headwork.models.stored import load_tensors
from headwork.tasks.embedder import Embedder
from headwork.tasks.libraries import EVEN, Mixed, Vectors, Words
from headwork.tasks.neural import Neural, asked_by, start
from headwork.tasks.reading import PairReader, TextReader
from headwork.tasks.retrieve import Retriever, StoredRetriever, Tell


class NeuralRetriever(Neural, Retriever):
    """A tokenizer for queries and documents, and a network that takes a PairBatch."""

    def __init__(self, recipe: Recipe, texts: TextReader, device: str):
        Retriever.__init__(self, recipe)
        model, _ = kind_of(recipe).load()
        self.config = config_of(recipe)
        network = model(self.config, vocabulary=texts.tokenizer.vocabulary)
        Neural.__init__(self, PairReader(texts), network, device, outputs=0)
        if getattr(self.config, "words", "none") != "none":
            self.share = EVEN

    @classmethod
    def new(cls, recipe: Recipe, texts: Sequence[str], *, seed: int, offline: bool, device: str) -> "NeuralRetriever":
        """Weights drawn from `seed`, or started from the pretrained encoder that the recipe names."""
        sized, reader, encoder = start(recipe, texts, offline=offline)
        torch.manual_seed(seed)
        retriever = cls(sized, reader, device)
        if encoder is not None:
            retriever.network.load_pretrained(encoder)
        return retriever

    @classmethod
    def restore(cls, stored: StoredRetriever, folder: Path, *, device: str) -> "NeuralRetriever":
        tokenizer = TextTokenizer.load(folder / "tokenizer.json")
        model, _ = kind_of(stored.recipe).load()
        settings = config_of(stored.recipe)
        reader = TextReader(tokenizer, settings.max_tokens, sentences=False, **asked_by(model, settings))
        retriever = cls(stored.recipe, reader, device)
        load_tensors(retriever.network, folder / "model.safetensors")
        retriever.network.eval()
        return retriever

    @property
    def documents(self) -> Embedder:
        """What makes the vectors of documents, and with its `queries` those of queries, by the weights of now."""
        texts, network = self.reader.texts, self.fast
        queries = (
            Embedder(texts, network.queries, device=self.device) if network.queries is not network.documents else None
        )
        return Embedder(texts, network.documents, device=self.device, text_column=self.text_column, queries=queries)

    def index(self, documents: Sequence[str], tell: Tell = lambda share: None) -> Vectors | Mixed:
        embedder = self.documents
        vectors = Vectors(embedder.vectors(documents, tell), embedder.queries)
        if self.share is None:
            return vectors
        return Mixed(vectors, Words(Lexical(LexicalConfig(by=self.config.words)).index(documents)), self.share)

    def store(self, folder: Path) -> None:
        self.save_network(folder)
