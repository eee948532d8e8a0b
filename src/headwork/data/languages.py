"""The languages of ELMoForManyLangs, and where the folder of one is found.

    http://vectors.nlpl.eu/repository/11/NUMBER.zip        Fares, Kutuzov, Oepen and Velldal 2017 keep them

Nothing is loaded from there and no archive is unpacked here: that is for the user to do, once for a language.
"""

import os
from pathlib import Path

from headwork.base.errors import HeadworkError

FIRST_NUMBER = 136
LANGUAGES = (
    "ar bg ca cs cu da de el en es et eu fa fi fr ga gl grc he hi hr hu id it ja ko la lv nl nb nn pl pt ro ru sk sl "
    "sv tr ug uk ur vi zh"
).split()
"""their codes, in the order of their numbers"""


def find_elmo(name_or_path: str | Path) -> Path:
    """The folder of an ELMo: the path itself, or for the code of a language `elmo/CODE` in the cache of headwork."""
    given = Path(name_or_path)
    code = str(name_or_path)
    if given.exists() or code not in LANGUAGES:
        return given
    folder = Path(os.environ.get("HEADWORK_CACHE") or Path.home() / ".cache" / "headwork") / "elmo" / code
    if not folder.is_dir():
        number = FIRST_NUMBER + LANGUAGES.index(code)
        raise HeadworkError(
            f"no ELMo of the language {code!r} here; get http://vectors.nlpl.eu/repository/11/{number}.zip and unpack "
            f"it into {folder}, or name its folder"
        )
    return folder
