"""Completion of `%ml` lines: names, parameters, values, options; nothing is imported for names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from .errors import MLError
from .registry import registry
from .tokens import scan

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .algorithms import Algorithm
    from .params import Param, Spec

OPTIONS: dict[str, tuple[str, ...]] = {
    "--device": ("auto", "cpu", "cuda", "mps"),
    "--at": (),
    "--pace": ("full", "20"),
    "-o": (),
}
"""The options of a `%ml` line, and the values worth offering for each."""
VERBS: dict[str, tuple[str, ...]] = {
    "list": (),
    "runs": ("stop",),
    "plugins": ("reload",),
    "verify": (),
    "compare": (),
    "export": ("codec=single", "codec=small", "every=", "max_mb="),
    "publish": (),
    "record": ("every=", "watch=$", "--detach", "-o"),
}
"""The verbs of a `%ml` line, and the words worth offering after each."""
LINE = re.compile(r"\s*(?:[\w.,\[\]'\" ]+=\s*)?%%?ml\s(?P<rest>.*)", re.DOTALL)
PLAIN = ("float", "int", "bool", "choice", "str")

Offer = tuple[str, str]  # what to insert, and what it is


class Completion:
    """What can come next on a `%ml` line of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    @context_matcher(identifier="mlwidgets.ml")  # type: ignore[untyped-decorator]  # IPython's
    def matcher(self, context: CompletionContext) -> SimpleMatcherResult:
        """IPython's matcher API, version 2."""
        line = LINE.fullmatch(_line_before(context))
        if line is None:
            return {"completions": [], "suppress": False}
        fragment, offers = self.offers(line["rest"])
        fitting = [SimpleCompletion(t, type=of) for t, of in offers if t.startswith(fragment)]
        return {
            "completions": fitting,
            "matched_fragment": fragment,
            "suppress": True,
            "ordered": True,
        }

    def offers(self, text: str) -> tuple[str, list[Offer]]:
        """The word being typed at the end of `text`, and what it could become."""
        try:
            pieces, left_open = scan(text)
        except MLError:
            return "", []
        if left_open:  # Python inside brackets: its names
            word = re.search(r"\w*$", text)
            return word[0] if word else "", self._variables()
        typing = pieces.pop() if pieces and not text[-1:].isspace() else ""
        if pieces and pieces[-1] in OPTIONS:
            return typing, [(value, "value") for value in OPTIONS[pieces[-1]]]
        if not pieces:
            return typing, self._names()
        return self._after(pieces[0], pieces[1:], typing)

    def _after(self, name: str, given: list[str], typing: str) -> tuple[str, list[Offer]]:
        """What can follow a verb or an algorithm's name."""
        if name == "verify":
            return self._after(given[0], given[1:], typing) if given else (typing, self._checked())
        if name in VERBS:
            topics = registry().topics if name == "list" else ()
            return typing, [(word, "verb") for word in (*VERBS[name], *topics)]
        key, equals, value = typing.partition("=")
        if equals and key in OPTIONS:
            return value, [(word, "value") for word in OPTIONS[key]]
        spec = self._spec(name)
        if equals:
            return value, self._values(spec, key) if spec else []
        used = {piece.partition("=")[0] for piece in given}
        names = [(f"{n}=", "parameter") for n in spec or () if n not in used]
        return typing, names + [(o, "option") for o in OPTIONS if o not in used]

    def _checked(self) -> list[Offer]:
        """What can be verified."""
        runs = [name for name, _ in self._variables() if _is_run(self.shell.user_ns[name])]
        own = notebook_algorithms(self.shell.user_ns)
        names = [(name, "algorithm") for name in (*registry().items, *own)]
        return names + [(f"${name}", "run") for name in runs]

    def _names(self) -> list[Offer]:
        known = registry()
        own = notebook_algorithms(self.shell.user_ns)
        return [
            *((name, "topic") for name in known.topics),
            *((name, "algorithm") for name in (*known.items, *own)),
            *((name, "verb") for name in VERBS),
        ]

    def _spec(self, name: str) -> Spec | None:
        """An algorithm's parameters; none where it cannot be loaded, which playing it will say."""
        try:
            own = notebook_algorithms(self.shell.user_ns)
            return own[name].spec if name in own else registry().get(name).load().spec
        except MLError:
            return None

    def _values(self, spec: Spec, name: str) -> list[Offer]:
        """A parameter's choices or else its default, then the variables that suit it."""
        if name not in spec:
            return []
        param, defaults = spec[name], spec.defaults
        words = [param.format(defaults[name])] if name in defaults else []
        values = [(word, "value") for word in param.choices or words]
        return values + [(f"${n}", of) for n, of in self._variables(param)]

    def _variables(self, param: Param | None = None) -> list[Offer]:
        hidden = self.shell.user_ns_hidden
        return [
            (name, "variable")
            for name, value in self.shell.user_ns.items()
            if not name.startswith("_") and name not in hidden
            if param is None or _suits(param, value)
        ]


def notebook_algorithms(namespace: Mapping[str, Any]) -> dict[str, Algorithm[Any, Any]]:
    """The algorithms that the notebook itself defines."""
    import sys

    module = sys.modules.get("mlwidgets.algorithms")  # not imported: then there are none
    kind = getattr(module, "Algorithm", ())
    return {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_")
        if isinstance(value, kind) and value.fn.__module__ == "__main__"
    }


def _is_run(value: object) -> bool:
    return type(value).__name__ == "Run" and hasattr(value, "verify")


def _suits(param: Param, value: object) -> bool:
    """Whether a variable could be meant for a parameter; nothing large is looked into."""
    if isinstance(value, (ModuleType, type)):
        return False
    if not isinstance(value, (bool, int, float, str)):
        return param.kind.name not in PLAIN
    try:
        param.check(value)
    except MLError:
        return False
    return True


def _line_before(context: CompletionContext) -> str:
    """The text before the cursor on its line, with the lines that continue into it."""
    lines: Iterable[str] = reversed(context.full_text.split("\n")[: context.cursor_line])
    text = context.text_until_cursor
    for line in lines:
        if not line.endswith("\\"):
            break
        text = f"{line[:-1]} {text}"
    return text
