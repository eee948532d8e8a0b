"""The one error that is meant for users."""


class HeadworkError(Exception):
    """One line: what was asked, what was found, what to do.

    The command prints it as `headwork: …` and exits with 2. Any other exception is a bug.
    """
