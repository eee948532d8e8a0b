"""A small encoder in a run folder, its weights drawn and not trained."""

from pathlib import Path

import pytest
import torch

from headwork.base.files import write_text
from headwork.base.recipes import encode_recipe, load_recipe, with_settings
from headwork.base.runs import Run
from headwork.tasks.classify import new_classifier

WORDS = "the a dog cat sleeps runs on under table house red green old new one two".split()


def write_encoder(folder: Path, *, seed: int = 0, finished: bool = True) -> Path:
    recipe = with_settings(load_recipe("transformer"), ("model.max_tokens=8",), size="tiny")
    texts = [" ".join(WORDS[place:] + WORDS[:place]) for place in range(8)]
    classifier = new_classifier(recipe, ["x", "y"], texts, seed=seed, offline=True)
    torch.manual_seed(seed)
    for parameter in classifier.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    classifier.text_column = "saying"
    run = Run(folder)
    classifier.save(run.model)
    write_text(run.recipe_file, encode_recipe(recipe))
    if finished:
        write_text(run.result_file, "{}")
    return folder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder") / "run")
