"""What headwork takes in at most, so that a small hostile file cannot fill the memory."""

import re

import msgspec

from headwork.base.errors import HeadworkError


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Upper bounds on input; raise one with `--limit name=value`."""

    file_bytes: int = 2 << 30
    """size of a file on disk"""
    unpacked_bytes: int = 4 << 30
    """size of a compressed file once unpacked"""
    cell_characters: int = 1_000_000
    """length of one cell (one text)"""
    rows: int = 5_000_000
    columns: int = 1_000
    pixels: int = 1 << 24
    """of one picture"""
    classes: int = 1_000

    def check(self, name: str, found: int, where: str) -> None:
        """Raise HeadworkError when `found` is over the limit called `name`."""
        allowed = getattr(self, name)
        if found > allowed:
            unit = name.replace("_", " ")
            raise HeadworkError(
                f"{where}: {found:,} {unit}, over the limit of {allowed:,}; raise it with --limit {name}={found}"
            )

    def exceeded(self, name: str, where: str) -> HeadworkError:
        """The refusal of a stream that went past the limit called `name`, its whole length not known."""
        allowed = getattr(self, name)
        unit = name.replace("_", " ")
        return HeadworkError(
            f"{where}: more than the limit of {allowed:,} {unit}; raise it with --limit {name}={10 * allowed}"
        )


DEFAULT_LIMITS = Limits()


def parse_limits(assignments: tuple[str, ...]) -> Limits:
    """Limits from `name=value` words, each an integer."""
    known = Limits.__struct_fields__
    chosen = {}
    for word in assignments:
        name, _, value = word.partition("=")
        if name not in known or not re.fullmatch(r"[0-9]+(_[0-9]+)*", value):
            raise HeadworkError(f"--limit {word}: expected NAME=NUMBER with NAME one of {', '.join(known)}")
        chosen[name] = int(value)
    return Limits(**chosen)
