"""An ELMo of ELMoForManyLangs, by its folder or the code of its language, to a folder of headwork's own."""

from pathlib import Path

from headwork.base.files import write_json
from headwork.base.runs import Imported, Run
from headwork.data.languages import LANGUAGES, find_elmo
from headwork.models.formats import elmo_many_languages, elmo_stored

FAMILY = "elmo"


def is_language(source: str) -> bool:
    return elmo_many_languages.is_here(Path(source)) or (source in LANGUAGES and not Path(source).exists())


def import_language(source: str, run: Run) -> Imported:
    folder = find_elmo(source)
    elmo = elmo_many_languages.read(folder)
    elmo_stored.write(elmo, run.model)
    config = elmo.config
    imported = Imported(
        source=str(folder),
        family=FAMILY,
        layers=config.layers,
        width=2 * config.projection,
        parameters=sum(parameter.numel() for parameter in elmo.parameters()),
        tokens=config.words or config.characters,
        heads=[],
        labels=[],
    )
    write_json(run.imported_file, imported)
    return imported
