"""Text of users, made safe to look at: nothing in it is hidden, and long texts are cut for display only."""

import unicodedata

from headwork.base.about import shown

SHOWN_CHARACTERS = 300

# Joiners shape Persian words and emoji; a code point in their place would break what a reader sees.
_JOINERS = "\u200c\u200d"
_PLAIN = "\n\t"
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text with control, direction and other invisible characters as [U+202E], and brackets for marks."""
    text = shown(text.replace("\r\n", "\n"))
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def cut(text: str, *, characters: int = SHOWN_CHARACTERS) -> str:
    """The text if it is short, else its beginning up to a space near the limit, and an ellipsis."""
    if len(text) <= characters:
        return text
    head = text[:characters]
    space = head.rfind(" ", characters * 4 // 5)
    return head[: space if space > 0 else characters].rstrip() + " …"


def quoted(text: str) -> str:
    """What a page shows of a user's text: cut, then made visible."""
    return visible(cut(text))


def _shown(character: str) -> str:
    if character in _PLAIN or character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"[U+{ord(character):04X}]"
