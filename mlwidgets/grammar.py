"""The small language of searches, as a tree: read by rules of its own, run by nobody here.

loss > 2                    numbers, + - * / % **, chains such as 0 < x <= 1
loss > 2 * prev(loss)       prev(x): one frame earlier; prev(x, 5), x[-5]: five
any(Q[3] > 1) and not done  arrays: Q[3, 1], any all min max mean sum norm argmax
model.fc.weight[0, 1] > 1   dotted and indexed names of columns, as they are spelled:
opt.groups[0]["lr"] < 0.1   these are names, and nothing is looked up
`val loss` < 0.1            a name that is not one word stands in backquotes
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from .errors import SearchError, clip

LONGEST = 300  # characters
DEEPEST = 24  # brackets and signs inside each other

WORD = r"[^\W\d]\w*"
KEY = r"""\[(?:"[^"\]]{0,80}"|'[^'\]]{0,80}')\]"""
PATH = rf"{WORD}(?:(?:\[-?\d{{1,9}}\]){{0,8}}(?:\.{WORD}|{KEY})){{0,16}}"
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    rf"|`(?P<quoted>[^`]+)`|(?P<name>{PATH})"
    r"|(?P<op>\*\*|<=|>=|==|!=|[-+*/%<>()\[\],]))"
)
COMPARE = ("<", "<=", ">", ">=", "==", "!=")
BINDING = dict.fromkeys(COMPARE, 4) | dict.fromkeys("+-", 5) | dict.fromkeys("*/%", 6)
BINDING |= {"or": 1, "and": 2, "not": 3, "sign": 7, "**": 8, "[": 9}  # the higher, the closer
WRITTEN = {
    "=": "== compares",
    "&": 'write "and"',
    "|": 'write "or"',
    "!": 'write "not"',
    "^": "** is a power",
    "~": 'write "not"',
    '"': "there are no texts",
    "'": "there are no texts",
    ".": "there are no attributes",
}


@dataclass(frozen=True)
class Node:
    """One operation, name or number of an expression; `at` counts characters from 1.

    `op` is "number", "name", "call", "[", "chain", "sign", "not", "and", "or", "+", "<" and so on;
    a chain 0 < x <= 1 has three parts and the name "< <=".
    """

    op: str
    at: int
    parts: tuple[Node, ...] = ()
    name: str = ""
    value: float = 0.0


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int


def parse(text: str, names: Collection[str] = ()) -> Node:
    """The tree of an expression. SearchError: what was given, where, and what may stand there.

    names: of columns; where the text has one of them, dots and brackets and all, it is that one.
    """
    return _Reader(text, names).whole()


def alike(name: str) -> str:
    """A name whose quotes may be of either kind."""
    return name.replace("'", '"')


def wrong(text: str, at: int, what: str) -> SearchError:
    """The error of an expression: what was given, what is wrong with it, where."""
    return SearchError(f"{clip(text.strip(), 60)!r}: {what} (at character {at})")


def tokens(text: str, names: Collection[str] = ()) -> list[Token]:
    """The words of an expression, and an empty one at its end."""
    found, k, end = [], 0, len(text.rstrip())
    long = sorted((n for n in names if n[-1:] == "]"), key=len, reverse=True)
    while k < end:
        match = TOKEN.match(text, k, end)
        if match is None or match.lastgroup is None:
            at = k + len(text[k:]) - len(text[k:].lstrip())
            way = WRITTEN.get(text[at], "")
            raise wrong(text, at + 1, f"cannot read {text[at]!r}{way and '; '}{way}")
        kind = match.lastgroup
        word, at, k = match[kind], match.start(kind), match.end()
        if kind == "name":
            spelled = alike(text[at:])
            word = next((n for n in long if spelled.startswith(alike(n))), word)
            k = max(k, at + len(word))
        found.append(Token(kind, word, at + 1))
    return [*found, Token("end", "", end + 1)]


class _Reader:
    """Reads by binding strength (Pratt, 1973): each sign takes what binds stronger on its right."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        if not text.strip():
            raise SearchError('an expression is wanted, such as "loss > 2"')
        if len(text) > LONGEST:
            raise SearchError(
                f"{clip(text, 40)!r}: has {len(text):,} characters, of at most {LONGEST}"
            )
        self.text = text
        self.tokens = tokens(text, names)
        self.k = self.depth = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.k]

    def is_(self, sign: str) -> bool:
        return self.now.kind in ("op", "name") and self.now.text == sign

    def take(self) -> Token:
        self.k += 1
        return self.tokens[self.k - 1]

    def expect(self, sign: str) -> None:
        if not self.is_(sign):
            raise self.stray(f"{sign!r} is missing")
        self.take()

    def stray(self, what: str) -> SearchError:
        given = f" before {self.now.text!r}" if self.now.text else " at the end"
        return wrong(self.text, self.now.at, what + given)

    def whole(self) -> Node:
        node = self.node(0)
        if self.now.kind != "end":
            raise self.stray("an operator is missing")
        return node

    def node(self, floor: int) -> Node:
        """What binds stronger than `floor`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise wrong(
                self.text, self.now.at, f"more than {DEEPEST} brackets or signs inside each other"
            )
        left = self.first()
        while (binding := self.binding()) > floor:
            left = self.chain(left) if self.now.text in COMPARE else self.joined(left, binding)
        self.depth -= 1
        return left

    def binding(self) -> int:
        sign = self.now.text
        known = self.now.kind in ("op", "name") and sign not in ("not", "sign")
        return BINDING.get(sign, 0) if known else 0

    def first(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Node("number", token.at, value=float(token.text))
        if token.kind == "quoted":
            return Node("name", token.at, name=token.text)
        if token.text == "not":
            return Node("not", token.at, (self.node(BINDING["not"]),))
        if token.kind == "op" and token.text in "+-":
            inner = self.node(BINDING["sign"])
            return Node("sign", token.at, (inner,)) if token.text == "-" else inner
        if token.text == "(" and token.kind == "op":
            inner = self.node(0)
            self.expect(")")
            return inner
        if token.kind == "name" and token.text not in BINDING:
            return self.call(token) if self.is_("(") else Node("name", token.at, name=token.text)
        self.k -= 1
        raise self.stray("a name or a number is missing")

    def call(self, token: Token) -> Node:
        self.take()
        return Node("call", token.at, self.listed(")"), name=token.text)

    def listed(self, close: str) -> tuple[Node, ...]:
        """What stands between commas, up to a closing bracket."""
        parts: list[Node] = []
        while not parts or self.is_(","):
            if parts:
                self.take()
            parts.append(self.node(0))
        self.expect(close)
        return tuple(parts)

    def joined(self, left: Node, binding: int) -> Node:
        token = self.take()
        if token.text == "[":
            return Node("[", token.at, (left, *self.listed("]")))
        right = self.node(binding - (token.text == "**"))  # 2 ** 3 ** 2 is 2 ** (3 ** 2)
        return Node(token.text, token.at, (left, right))

    def chain(self, left: Node) -> Node:
        parts, signs, at = [left], [], self.now.at
        while self.now.text in COMPARE:
            signs.append(self.take().text)
            parts.append(self.node(BINDING["<"]))
        if len(signs) == 1:
            return Node(signs[0], at, tuple(parts))
        return Node("chain", at, tuple(parts), name=" ".join(signs))
