"""The settings of training: the `[train]` table of a recipe."""

import math
from typing import Literal

import msgspec

from headwork.base.errors import HeadworkError
from headwork.base.recipes import Recipe, strictly
from headwork.train.beside import parse_beside


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a network is fitted. Rates and shares are per optimiser step."""

    fit: Literal["gradient", "logistic", "logistic-gradient", "neighbours", "none"] = "gradient"
    """gradient: every free weight by AdamW; logistic: only the head, by logistic regression on frozen features (ridge
    regression where it tells scores); logistic-gradient: the second, then the first from there (Kumar et al. 2022,
    linear probing then fine-tuning); neighbours: nothing, the vectors of the training rows are kept; none: nothing, a
    published encoder searches as it is"""
    objective: Literal["labels", "hard-triplets", "random-triplets"] = "labels"
    """of texts with classes: what the head says of them; or, before a head is fitted, that those of one class are
    nearer to each other than to the nearest of another class in the batch, or to any (`headwork.train.triplet`)"""
    margin: float = 1.0
    """by which triplets are to be told apart"""
    pretrain: float = 0.0
    """of search: share of the steps in which the network first learns to repair texts (`headwork.layers.denoising`);
    the schedule of the rate runs once in these and once in the others"""
    epochs: int = 20
    patience: int = 4
    """stop after as many epochs without a better dev score"""
    lr: float = 1e-3
    """largest learning rate"""
    schedule: Literal["one-cycle", "warmup-linear", "noam", "constant", "slanted"] = "one-cycle"
    warmup: float = 0.1
    """share of the steps in which the rate rises"""
    unfreeze: Literal["all", "gradual", "chain"] = "all"
    """which layers learn: all; or the highest, then one more below it after the other; or the highest, then each by
    itself from the lowest; and all in the last half of the steps (`headwork.train.thawing`)"""
    discriminative: float = 1.0
    """how many times faster a layer learns than the one below it"""
    language: float = 0.0
    """share of the budget in which a language model inside learns to foretell the training texts first"""
    weight_decay: float = 0.01
    clip: float = 1.0
    """largest gradient norm"""
    beta1: float = 0.9
    beta2: float = 0.999
    """of Adam: how much of the running means of gradients and their squares stays"""
    average: int = 0
    """the final weights are the mean of those at so many last looks at dev, where that is better"""
    batch_tokens: int = 2048
    """padded tokens of a batch"""
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    """balanced: a row counts as much as its class is rare, so that all classes have the same say"""
    focal: float = 0.0
    """exponent of the focal loss, 2 in its paper: how little rows count that the model is sure of; 0: cross-entropy"""
    curriculum: float = 0.0
    """of a generated set: longer inputs join once the longest so far have this score on dev; 0: all from the start"""
    linear_start: int = 0
    """of a memory network: the softmax over the memories is left out until the loss on dev has not fallen for so many
    looks; 0: it is there from the start"""
    damaged: int = 0
    """of log lines: damaged copies of each that are learnt from, too (`headwork.data.log_damage`)"""
    beside: str = ""
    """what is learnt at the same time on the same encoder, and how much it counts at the first step and at the last, as
    in "masked 1:0" (`headwork.train.beside`)"""
    precision: Literal["fp32", "bf16"] = "fp32"
    """of the products; a processor that does not multiply bfloat16 computes in fp32"""

    def __post_init__(self) -> None:
        for name, holds in {
            "epochs": self.epochs >= 1,
            "patience": self.patience >= 1,
            "lr": self.lr > 0,
            "clip": self.clip > 0,
            "batch_tokens": self.batch_tokens >= 1,
            "warmup": 0 <= self.warmup < 1,
            "label_smoothing": 0 <= self.label_smoothing < 1,
            "focal": 0 <= self.focal < math.inf,
            "beta1": 0 <= self.beta1 < 1,
            "beta2": 0 <= self.beta2 < 1,
            "average": self.average >= 0,
            "curriculum": 0 <= self.curriculum < 1,
            "linear_start": self.linear_start >= 0,
            "damaged": 0 <= self.damaged <= 100,
            "weight_decay": self.weight_decay >= 0,
            "margin": self.margin > 0,
            "pretrain": 0 <= self.pretrain < 1,
            "discriminative": 1 <= self.discriminative < math.inf,
            "language": 0 <= self.language < 1,
        }.items():
            if not holds:
                raise ValueError(f"train.{name} is {getattr(self, name)}, out of range")
        if parse_beside(self.beside) and self.fit == "logistic":
            raise ValueError(f"train.beside is {self.beside!r}, but train.fit = 'logistic' takes no steps")
        if self.focal and self.label_smoothing:
            raise ValueError("train.focal and train.label_smoothing both soften the loss of sure rows; use one of them")
        if self.focal and self.fit == "logistic":
            raise ValueError(f"train.focal is {self.focal}, but train.fit = 'logistic' has a loss of its own")


CLASSIFYING = ("classify", "multilabel")
"""tasks whose loss is over classes or labels"""
ONLY_FOR = {
    "curriculum": (("algorithm",), "generated sets"),
    "linear_start": (("algorithm",), "generated sets"),
    "class_weights": (CLASSIFYING, "classes and labels"),
    "focal": (CLASSIFYING, "classes and labels"),
    "objective": (("classify",), "texts with classes"),
    "damaged": (("parse-log",), "lines of logs"),
    "pretrain": (("retrieve",), "search"),
    "beside": (("classify", "tag"), "texts with classes and tagged words"),
    "language": (CLASSIFYING, "classes and labels"),
}
"""settings that some tasks alone have, and what of"""


class _Settings(msgspec.Struct):
    train: TrainConfig


def train_config(recipe: Recipe) -> TrainConfig:
    """The recipe's training settings; an unknown key or a value out of range is refused with its path."""
    try:
        config = strictly({"train": recipe.train}, _Settings, f"recipe {recipe.name}").train
    except ValueError as error:
        raise HeadworkError(f"recipe {recipe.name}: {error}") from error
    for name, (tasks, what) in ONLY_FOR.items():
        if getattr(config, name) not in (0, "", "none", "labels") and recipe.task not in tasks:
            raise HeadworkError(f"recipe {recipe.name}: train.{name} is for {what}; leave it out")
    if config.fit == "none" and not (recipe.task == "retrieve" and recipe.model.get("pretrained")):
        raise HeadworkError(f"recipe {recipe.name}: train.fit is 'none', which is for search by a published encoder")
    return config
