"""BibTeX of a docstring's citation: the fields that it names, and no others."""

from __future__ import annotations

import re
import unicodedata

CITED = re.compile(
    r"(?P<authors>\S.*?) \((?P<year>\d{4})[a-z]?\)(?:[,:.]? *[\"“](?P<title>.+?)[,.]?[\"”])?"
    r"[,.]? *(?P<rest>.*)"
)
ARTICLE = re.compile(
    r"(?P<journal>\D+?),? (?P<volume>\d+) ?(?:\((?P<number>[\w-]+)\))?"
    r"(?:[,:] ?(?:pp?\. ?)?(?P<pages>\w+(?:[-–]+\w+)?))?"
)
DOI = re.compile(r"doi: ?\S+")
ARXIV = re.compile(r"10\.48550/arXiv\.(?P<id>[\w./-]+)|arXiv:(?P<said>[\w./-]*\w)", re.IGNORECASE)
ESCAPED = {char: f"\\{char}" for char in "&%$#_"} | {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
SMALL = ("", "a", "an", "the", "on")
SPECIAL = str.maketrans(ESCAPED)


def bibtex(citation: str, doi: str = "") -> str:
    """The entry of a citation such as `A & B (1992), "Title", Journal 8, 279-292.`

    An @article where it names a journal and a volume, else a @misc. Nothing without a year.
    """
    cited = CITED.match(" ".join(citation.split()))
    if cited is None:
        return ""
    title, year = cited["title"] or "", cited["year"]
    place = DOI.sub("", cited["rest"]).strip(" .,;")
    article = ARTICLE.fullmatch(place)
    fields = {"author": _authors(cited["authors"]), "title": _whole(title), "year": year}
    if article is not None:
        fields |= {name: _text(part or "") for name, part in article.groupdict().items()}
        fields["pages"] = re.sub("[-–]+", "--", fields["pages"])
    else:
        fields["note"] = _text(ARXIV.sub("", place).strip(" .,;"))
    fields |= _numbers(citation, doi)
    said = "".join(f",\n  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@{'article' if article else 'misc'}{{{_key(cited['authors'], year, title)}{said}\n}}"


def _numbers(citation: str, doi: str) -> dict[str, str]:
    """doi, and the eprint's where the citation names arXiv."""
    named = ARXIV.search(f"{doi} {citation}")
    eprint = (named["id"] or named["said"]) if named else ""
    found = {"doi": doi if re.fullmatch(r"10\.[\w.()/:;<>-]+", doi) else ""}
    return found | ({"eprint": eprint, "archiveprefix": "arXiv"} if eprint else {})


def _authors(text: str) -> str:
    """`A, B & C` as BibTeX joins names; `et al.` are others."""
    text = re.sub(r",? et al\.?$", " & others", text.strip())
    names = re.split(r" ?& ?|, and | and |, (?![A-Z]\.)", text)
    return " and ".join(_text(name.strip()) for name in names if name.strip())


def _whole(title: str) -> str:
    """Inner braces keep the capitals."""
    return f"{{{_text(title)}}}" if title else ""


def _text(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).translate(SPECIAL)


def _key(authors: str, year: str, title: str) -> str:
    """`watkins1992qlearning`: ASCII letters and digits."""
    first = re.split(r"[,&]| and | et al", authors)[0]
    name = _ascii(first.split()[-1] if first.split() else "")
    words = (w for w in map(_ascii, title.split()) if w not in SMALL)
    return f"{name or 'anonymous'}{year}{next(words, '')}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", plain)
