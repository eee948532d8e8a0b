"""A BertSum of PreSumm to a run that summarises.

Its folder holds the weights (`model_step_*.pt`), and config.json and vocab.txt of the BERT that it started from.
"""

from pathlib import Path

from headwork.base.errors import HeadworkError
from headwork.base.files import write_text
from headwork.base.recipes import Recipe, encode_recipe
from headwork.base.runs import Imported, Run
from headwork.data.published_tokens import load_published
from headwork.models.formats import bert, presumm
from headwork.models.formats.files import PICKLED, WHOLE, settings_in
from headwork.models.pretrained import own_settings
from headwork.tasks.neural_summary import NeuralChooser

SENTENCES = 3
"""of a summary, as published for CNN/DailyMail"""


def is_presumm(folder: Path) -> bool:
    """A BERT's settings and tokens beside a file `.pt`, and no weights of a published encoder."""
    if not folder.is_dir() or any((folder / name).is_file() for name in (WHOLE, PICKLED)):
        return False
    return all((folder / name).is_file() for name in ("config.json", "vocab.txt")) and any(folder.glob("*.pt"))


def import_presumm(folder: Path, run: Run) -> Imported:
    """HeadworkError names what is missing, left over or wrongly shaped."""
    files = sorted(folder.glob("*.pt"))
    if len(files) != 1:
        raise HeadworkError(f"{folder}: {len(files)} files *.pt; expected one of PreSumm")
    try:
        settings = settings_in(folder, bert.Settings)
        found = presumm.read(files[0], settings)
    except ValueError as error:
        raise HeadworkError(f"{folder}: {error}") from error
    tokenizer = load_published(folder)
    if tokenizer.vocabulary > found.core.vocabulary:
        raise HeadworkError(
            f"{folder}: the vocabulary has {tokenizer.vocabulary:,} tokens, the model {found.core.vocabulary:,} "
            "embeddings; are these the files of one model?"
        )
    name = folder.resolve().name
    recipe = Recipe(
        name=name,
        title=f"{name}, imported",
        paper=f"the BertSum in {folder}",
        task="summarize",
        model={
            "kind": "bertsum",
            "tokens": "bert",
            "pretrained": str(folder),
            "published": own_settings(found.core),
            "max_tokens": found.core.positions,
            **found.settings,
        },
    )
    chooser = NeuralChooser(recipe, tokenizer, "cpu")
    chooser.network.load_state_dict(found.tensors)
    chooser.network.eval()
    chooser.sentences = SENTENCES
    chooser.save(run.model)
    write_text(run.recipe_file, encode_recipe(recipe))
    return Imported(
        source=str(folder),
        family="presumm",
        layers=found.core.layers,
        width=found.core.dim,
        parameters=chooser.parameters,
        tokens=tokenizer.vocabulary,
        heads=["sentences"],
        labels=[],
    )
