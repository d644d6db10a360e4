"""Which texts are the same without regard to case.

AWS says of actions, condition keys and tag keys that they are "not case-sensitive", and never how it takes letters
beyond ASCII. Python's `str.lower` takes U+212A, the Kelvin sign, for a k, others take U+017F for an s and U+0131 for an
i: whoever lets them through takes one name for another.
"""

from __future__ import annotations

_LOWER = {ord(letter): ord(letter) + 32 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def ascii_lower(text: str) -> str:
    """Return the text with the 26 letters of ASCII in lower case, and every other character as it is.

    Texts of which this is the same are the same to AWS.
    """
    return text.lower() if text.isascii() else text.translate(_LOWER)


def broad_fold(text: str) -> str:
    """Return a text that is the same for all texts that some way to ignore case takes for one.

    In upper case, in lower case or folded (Unicode's full case folding, and Java's `equalsIgnoreCase`). Texts of which
    this is the same but `ascii_lower` is not may or may not be the same to AWS.
    """
    return text.lower() if text.isascii() else text.upper().casefold().replace("i\u0307", "i")


class AsciiNames(dict[str, str | None]):
    """Names of actions and condition keys in lower case, None for one that goes beyond ASCII.

    The same few names stand in every request: to look one up is faster than to lower it again. `limit` of them are
    kept, since who makes a request chooses its tag keys.
    """

    limit = 2048

    def __missing__(self, name: str) -> str | None:
        """Fold a name that was not looked up before."""
        lowered = name.lower() if name.isascii() else None
        if len(self) < self.limit:
            self[name] = lowered
        return lowered


ASCII_NAMES = AsciiNames()
