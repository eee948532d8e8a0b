"""The one error that is meant for users."""

LONGEST = 1000
"""characters of a message; what a damaged file has for a name can be of any length"""


class HeadworkError(Exception):
    """One line: what was asked, what was found, what to do.

    The command prints it as `headwork: …` and exits with 2. Any other exception is a bug.
    """

    def __str__(self) -> str:
        line = " ".join(super().__str__().splitlines())
        half = LONGEST // 2
        return line if len(line) <= LONGEST else f"{line[:half]} … {line[-half:]}"
