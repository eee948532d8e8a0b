"""ELMo, by its folder or the code of its language, to a folder of headwork's own."""

from pathlib import Path

from headwork.base.runs import Imported, Run
from headwork.data.languages import LANGUAGES, find_elmo
from headwork.models import elmo_folder
from headwork.models.formats import elmo as bilm
from headwork.models.formats import elmo_many_languages as languages

FAMILY = "elmo"


def is_elmo(source: str) -> bool:
    folder = Path(source)
    if not folder.exists():
        return source in LANGUAGES
    return languages.is_here(folder) or bilm.is_published(folder)


def import_elmo(source: str, run: Run) -> Imported:
    folder = find_elmo(source)
    elmo = elmo_folder.load(folder)
    elmo_folder.save(elmo, run.model)
    config = elmo.config
    return Imported(
        source=str(folder),
        family=FAMILY,
        layers=config.layers,
        width=2 * config.projection,
        parameters=sum(parameter.numel() for parameter in elmo.parameters()),
        tokens=config.words or config.characters,
        heads=[],
        labels=[],
    )
