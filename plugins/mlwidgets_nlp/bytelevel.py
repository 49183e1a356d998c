"""Text as bytes that can be printed, and cut into the pieces inside which tokens are made.

The alphabet and the pattern are those of GPT-2 (Radford et al., 2019), so that ids and merges are
written as other tokenizers write them.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from unicodedata import category

PRINTED = [*range(33, 127), *range(161, 173), *range(174, 256)]  # bytes that stand for themselves
BYTES = bytes([*PRINTED, *(b for b in range(256) if b not in PRINTED)])  # by id, 0 to 255
LETTER = "".join(map(chr, PRINTED)) + "".join(map(chr, range(256, 256 + 256 - len(PRINTED))))
ID = bytes(BYTES.index(b) for b in range(256))  # the id of each byte: text.translate(ID)
SPELL, READ = (
    {b: LETTER[i] for i, b in enumerate(BYTES)},
    {c: BYTES[i] for i, c in enumerate(LETTER)},
)
LONG = 100  # bytes of a token that are shown
BLANK = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # Unicode's White_Space


@cache
def pattern() -> re.Pattern[str]:
    r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+

    Python's re has no \p{L}: it is \w without digits, the line below, and numbers such as ½. ASCII
    has runs of its own, which are twice as fast.
    """
    odd = "".join(c for c in map(chr, range(128, 0x20000)) if category(c) in ("No", "Nl"))
    letters, digits = rf"(?:[A-Za-z]++|[^\W\d_{odd}])++", rf"(?:[0-9]++|[\d{odd}])++"
    marks = rf"(?:[!-/:-@\[-`{{-~]++|[^\w{BLANK}{odd}])++"
    words = rf"'(?:[sdmt]|ll|ve|re)| ?{letters}| ?{digits}| ?{marks}"
    return re.compile(rf"{words}|[{BLANK}]+(?![^{BLANK}])|[{BLANK}]+")


def pieces(text: str) -> list[str]:
    """The text in pieces, none lost: words with the blank before them, numbers, marks, blanks."""
    return pattern().findall(text)


def encoded(text: str) -> bytes:
    """UTF-8, in which half of a surrogate pair has three bytes, as in Python's "surrogatepass"."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> str:
    """The text of `encoded`; what is no text has U+FFFD in its place."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


@lru_cache(maxsize=100_000)
def spelled(token: bytes) -> str:
    """A token as merges.txt writes it: a character for each byte, Ġ for the blank."""
    return "".join(map(SPELL.__getitem__, token))


def read(word: str) -> bytes:
    """The token of such a word; KeyError where a character stands for no byte."""
    return bytes(map(READ.__getitem__, word))


def brief(token: bytes) -> str:
    """The token spelled; of a very long one the beginning, and "…"."""
    return spelled(token) if len(token) <= LONG else spelled(token[:LONG]) + "…"


def seen(word: str) -> str:
    """What `brief` wrote, to look at."""
    return shown(read(word.removesuffix("…"))) + "…" * word.endswith("…")


SIGNS = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥", "\x7f": "␡"}


@lru_cache(maxsize=100_000)
def shown(token: bytes) -> str:
    """A token to look at: blanks have a sign, what cannot be printed is written out."""
    try:
        text = token.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(b) if 32 < b < 127 else f"⟨{b:02x}⟩" for b in token)
    return "".join(map(sign, text))


def sign(char: str) -> str:
    """A character that can be seen: ␀ for NUL, its number for one that turns the line around."""
    if char in SIGNS:
        return SIGNS[char]
    if char < " ":
        return chr(0x2400 + ord(char))
    return char if char.isprintable() else f"⟨U+{ord(char):04X}⟩"
