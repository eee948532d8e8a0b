"""What makes a word of Hebrew: its points belong to its letters, and its marks of abbreviation to the word.

    points      vowels and accents above and below letters, which most writing leaves out
    gershayim   the double mark before the last letter of an abbreviation, mostly written as a quotation mark
    geresh      the single mark behind the last letter of one, or inside a foreign sound

The Unicode Standard, chapter 9.1. Parts of regular expressions.
"""

LETTERS = "\u05d0-\u05ea"
POINTS = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
"""both within brackets"""
GERSHAYIM = rf'(?<=[{LETTERS}])["\u05f4\u201d](?=[{LETTERS}])'
GERESH = rf"(?<=[{LETTERS}])['\u05f3\u2019]"
