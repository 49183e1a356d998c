"""An algorithm: a typed generator of frames, with its parameters, page and views."""

from __future__ import annotations

import copy
import functools
import inspect
import typing
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from .errors import FrameError, MLError
from .frame import Column, declared_columns
from .page import Page, read_page
from .params import Spec
from .references import Reference
from .views import View

P = ParamSpec("P")
F = TypeVar("F")


class Done:
    """What a generator returns that can still be asked: `return Done(weights, digit=answer)`.

    result: what the run's `result` is. answers: for a live parameter, the frame that a new value of
    it makes, computed from what has been learned: nothing is trained again, no unit is counted.
    """

    def __init__(self, result: Any = None, **answers: Callable[[Any], Any]) -> None:
        self.result = result
        self.answers = answers

    def __repr__(self) -> str:
        return f"<Done, answers {', '.join(self.answers) or 'nothing'}>"


Data = Callable[[Mapping[str, Any]], Any]


class Algorithm(Generic[P, F]):
    """A generator function that a run can drive; calling it gives a plain iterator of frames.

    step: what one frame is called. total: the parameter that says how many there are.
    at: the frame first shown, -1 for the last. reference: what it is checked against.
    data: of the parameters, what it computes on that they do not say, or None; the run's card has
    the fingerprint of that.
    """

    def __init__(
        self,
        fn: Callable[P, Generator[F, Any, Any]],
        views: tuple[View, ...] = (),
        *,
        step: str = "step",
        total: str = "",
        at: int = 0,
        name: str = "",
        fixed: Mapping[str, Any] | None = None,
        doc: str | None = None,
        reference: Reference | None = None,
        data: Data | None = None,
    ) -> None:
        if not (inspect.isfunction(fn) or inspect.ismethod(fn)):
            raise MLError(
                f"an algorithm is a generator function, not {type(fn).__name__} {fn!r:.60}"
            )
        functools.update_wrapper(self, fn)
        self.fn = fn
        self.views = views
        self.step = step
        self.total = total
        self.at = at
        self.name = name or getattr(fn, "__name__", "algorithm")
        self.fixed = dict(fixed or {})
        self.doc = doc
        self.reference = reference
        self.data = data

    def preset(
        self, doc: str | None, *views: View, at: int | None = None, **fixed: Any
    ) -> Algorithm[..., F]:
        """The same algorithm as another page: its own text and views, some parameters fixed.

        doc: the preset's docstring, by the same grammar; a file of its own gives its `__doc__`.
        """
        checked = {name: self.spec.named(name).check(value) for name, value in fixed.items()}
        return Algorithm(
            self.fn,
            views or self.views,
            step=self.step,
            total=self.total,
            at=self.at if at is None else at,
            name=self.name,
            fixed={**self.fixed, **checked},
            doc=doc,
            reference=self.reference,
            data=self.data,
        )

    def named(self, name: str) -> Algorithm[P, F]:
        """The same under another name."""
        twin = copy.copy(self)
        twin.name = name
        return twin

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Generator[F, None, Any]:
        """The frames, as a plain iterator: no thread, no recording."""
        bound = inspect.signature(self.fn).bind_partial(*args, **kwargs)
        return self._iterate(self.spec.check(bound.arguments))

    def _iterate(self, values: Mapping[str, Any]) -> Generator[F, None, Any]:
        frames = self.generate(values)
        sent = self.sent(values)
        try:
            frame = next(frames)
            while True:
                yield frame
                frame = frames.send(sent)
        except StopIteration as end:
            return end.value.result if isinstance(end.value, Done) else end.value
        finally:
            frames.close()

    def generate(self, values: Mapping[str, Any]) -> Generator[F, Any, Any]:
        """The bare generator; its `yield` must be sent `sent(values)`."""
        call = cast("Callable[..., Generator[F, Any, Any]]", self.fn)
        frames = call(**self.fixed, **values)
        if not hasattr(frames, "send"):
            raise FrameError(
                f"{self.name} gave {type(frames).__name__} {frames!r:.40}, not frames:"
                " an algorithm is a function that yields dicts"
            )
        return frames

    def sent(self, values: Mapping[str, Any]) -> Any:
        """What `yield` gives back: the live parameter's value, or a tuple of several."""
        full = {**self.fixed, **values}
        live = [full[name] for name in self._live]
        return tuple(live) if len(live) > 1 else live[0] if live else None

    @cached_property
    def page(self) -> Page:
        """What the docstring says: the function's own, else its module's."""
        module = inspect.unwrap(self.fn).__globals__
        own = None if module.get("__name__") == "__main__" else module.get("__doc__")
        return read_page(self.doc or self.fn.__doc__ or own, self.name)

    @cached_property
    def spec(self) -> Spec:
        spec = Spec.of(self.fn, self.page.where)
        return Spec(tuple(p for p in spec.params if p.name not in self.fixed))

    @cached_property
    def _live(self) -> tuple[str, ...]:
        """What the generator expects from `yield`: a preset's fixed ones among them."""
        return Spec.of(self.fn).live

    @cached_property
    def frame_hint(self) -> Any:
        """The TypedDict of the frames, if they are declared."""
        of = typing.get_type_hints(self.fn, include_extras=True).get("return")
        args = typing.get_args(of)
        return args[0] if args and typing.is_typeddict(args[0]) else None

    @cached_property
    def declared(self) -> tuple[Column, ...]:
        """Columns as far as the annotations tell, for steps and help."""
        columns = declared_columns(self.frame_hint).items()
        return tuple(
            Column(n, "int" if of is int else "float", (), marks) for n, (of, marks) in columns
        )

    @cached_property
    def steps(self) -> tuple[dict[str, str], ...]:
        """What a person can step by, finest first; `total` names the parameter that bounds it."""
        units = ((c.name, c.unit.total) for c in self.declared if c.unit)
        coarser = ({"name": name, "column": name, "total": total} for name, total in units)
        return ({"name": self.step, "column": "", "total": self.total}, *coarser)

    def look_up_types(self) -> None:
        """Look its types up while their modules are there; those that cannot be are left."""
        with suppress(Exception):
            _ = self.declared

    @property
    def title(self) -> str:
        return self.page.title

    @property
    def summary(self) -> str:
        return self.page.summary

    def __repr__(self) -> str:
        return f"<Algorithm {self.name}({', '.join(self.spec)})>"


@overload
def algorithm(view: Callable[P, Generator[F, Any, Any]], /) -> Algorithm[P, F]: ...


@overload
def algorithm(
    *views: View,
    step: str = "step",
    total: str = "",
    at: int = 0,
    reference: Reference | None = None,
    data: Data | None = None,
) -> Callable[[Callable[P, Generator[F, Any, Any]]], Algorithm[P, F]]: ...


def algorithm(
    *views: Any,
    step: str = "step",
    total: str = "",
    at: int = 0,
    reference: Reference | None = None,
    data: Data | None = None,
) -> Any:
    """Make a generator function an algorithm: `@algorithm(Line("loss"), step="epoch")`.

    reference: what it is checked against, for one that no plugin registers. data: a function of
    the parameters: what it computes on that they do not say, such as a library's data set.
    """
    if len(views) == 1 and inspect.isfunction(views[0]):
        return Algorithm(views[0])
    told: dict[str, Any] = {"step": step, "total": total, "at": at}
    return lambda fn: Algorithm(fn, views, **told, reference=reference, data=data)


def as_algorithm(target: Any, name: str = "") -> Algorithm[Any, Any]:
    """An algorithm under a name, from one or from a bare generator function."""
    if isinstance(target, Algorithm):
        return target.named(name or target.name)
    return Algorithm(target, name=name)
