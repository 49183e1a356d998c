"""What a search looks like: along one input, or across two of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict, cast

import numpy as np
import numpy.typing as npt

import mlwidgets as ml

from .dense import Floats
from .objectives import Function
from .scenes import constant
from .searching import Allowed, Search, Worth, sure

if TYPE_CHECKING:
    from .gp import GP

LINE = 201  # places along one input
ACQUISITIONS = (
    ml.Curve(
        "mean",
        "truth",
        x="grid",
        band="band",
        dots=("x", "y"),
        at="next",
        picks="picks",
        title="What is known",
        note=": click where you would look; dashed: the next",
        wide=True,
    ),
    ml.Curve("ei", x="grid", at="ei_at", title="Expected improvement", lo=0),
    ml.Curve("pi", x="grid", at="pi_at", title="Probability of improvement", lo=0, hi=1),
    ml.Curve("bound", x="grid", at="bound_at", title="Confidence bound"),
    ml.Line("best", title="Lowest value", x="evaluation"),
    ml.Words("said", "What happened"),
)


SIDE = 41  # places along each of two
SEARCHES = (
    ml.Curve(
        "mean",
        "truth",
        x="grid",
        band="band",
        dots=("x", "y"),
        at="next",
        picks="picks",
        title="What is known",
        note=": click where you would look; dashed: the next",
        wide=True,
    ),
    ml.Curve(
        "gain",
        x="grid",
        at="next",
        picks="veto",
        title="Acquisition",
        note=", of its highest: click where it must not look",
        wide=True,
    ),
    ml.Scatter(
        "xy",
        "What is known",
        "click where you would look; the mark is the next: drag it",
        values="values",
        marks="place",
        field="surface",
        over="extent",
        axes="axes",
        names=("look here", "never here"),
        draws="points",
        moves="moved",
    ),
    ml.Scatter("xy", "Acquisition", marks="place", field="worth", over="extent", axes="axes"),
    ml.Line("regret", "rival_regret", title="Regret", x="evaluation", log=True),
    ml.Line("best", "rival", title="Lowest value", x="evaluation"),
    ml.Bars("lengths", "Length scale", "of each input", labels="inputs"),
    ml.Words("said", "What happened"),
    ml.Words("ahead", "Next, or under way"),
)


class Searched(TypedDict):
    """One input, or two of several, and how the search does there."""

    grid: NotRequired[Annotated[ml.Array, "place"]]
    truth: NotRequired[Annotated[ml.Array, "place"]]
    mean: NotRequired[Annotated[ml.Array, "place"]]
    band: NotRequired[Annotated[ml.Array, "place"]]
    x: NotRequired[ml.Ragged]
    y: NotRequired[ml.Ragged]
    next: NotRequired[Annotated[ml.Array, "place"]]
    gain: NotRequired[Annotated[ml.Array, "place"]]
    xy: NotRequired[ml.Ragged]
    values: NotRequired[ml.Ragged]
    place: NotRequired[Annotated[ml.Array, "mark axis"]]
    surface: NotRequired[Annotated[ml.Array, "row column"]]
    worth: NotRequired[Annotated[ml.Array, "row column"]]
    extent: NotRequired[Annotated[ml.Array, "end"]]
    axes: NotRequired[list[str]]
    inputs: NotRequired[list[str]]
    lengths: NotRequired[Annotated[ml.Array, "input"]]
    regret: NotRequired[Annotated[float, ml.Metric(better="lower")]]
    rival_regret: NotRequired[float]


class Known(TypedDict):
    """What is known along one input."""

    grid: Annotated[ml.Array, "place"]
    truth: Annotated[ml.Array, "place"]
    mean: Annotated[ml.Array, "place"]
    band: Annotated[ml.Array, "place"]
    x: ml.Ragged
    y: ml.Ragged
    next: Annotated[ml.Array, "place"]


class Priced(Known):
    """And what each acquisition makes of it."""

    pi: Annotated[ml.Array, "place"]
    ei: Annotated[ml.Array, "place"]
    bound: Annotated[ml.Array, "place"]
    pi_at: Annotated[ml.Array, "place"]
    ei_at: Annotated[ml.Array, "place"]
    bound_at: Annotated[ml.Array, "place"]


class Line:
    """The one input of a function, from end to end."""

    def __init__(self, f: Function) -> None:
        self.f = f
        self.unit = constant(np.linspace(0, 1, LINE)[:, None])
        places = f.outside(self.unit)
        self.grid = constant(places[:, 0])
        truth = [np.nan] * LINE if f.own else [f.at(x)[0] for x in places]
        self.truth = constant(truth)  # a function of the user's is not called for a picture

    def known(self, search: Search, mu: Floats, sd: Floats, next_: Floats) -> Known:
        """In the units of the function; where it failed there is no dot."""
        centre, spread = search.scale
        good = np.isfinite(search.y)
        return Known(
            grid=self.grid,
            truth=self.truth,
            mean=centre + spread * mu,
            band=2 * spread * sd,
            x=self.f.outside(search.X[good])[:, 0],
            y=search.y[good],
            next=self.f.outside(next_),
        )

    def priced(
        self,
        search: Search,
        mu: Floats,
        sd: Floats,
        a: Mapping[str, Floats],
        tops: Mapping[str, Floats],
        next_: Floats,
    ) -> Priced:
        """log PI, log EI and UCB as a person reads them, and where each is highest."""
        centre, spread = search.scale
        at = {name: self.f.outside(top) for name, top in tops.items()}
        return Priced(
            **self.known(search, mu, sd, next_),
            pi=np.exp(a["pi"]),
            ei=spread * np.exp(a["ei"]),
            bound=spread * a["ucb"] - centre,
            pi_at=at["pi"],
            ei_at=at["ei"],
            bound_at=at["ucb"],
        )


def share(a: Floats, log: bool, free: npt.NDArray[np.bool_]) -> Floats:
    """An acquisition from 0 to 1: the number over its highest, where a is its logarithm.

    Where nobody may look it is 0; where all is forbidden nothing is, as in the search.
    """
    free = free if free.any() else ~free
    low, high = a[free].min(), a[free].max()
    part: Floats = np.exp(np.minimum(a - high, 0)) if log else (a - low) / (high - low or 1.0)
    return np.where(free, part, 0.0)


class Along:
    """A search of one input."""

    def __init__(self, f: Function, across: Sequence[int]) -> None:
        self.line = Line(f)

    def drawn(
        self, search: Search, model: GP, worth: Worth, log: bool, x: Floats, allowed: Allowed
    ) -> Searched:
        mu, sd = sure(*model.posterior(self.line.unit))
        gain = share(worth(mu, sd, lowest(model))[0], log, allowed(self.line.unit))
        return cast(Searched, {**self.line.known(search, mu, sd, x), "gain": gain})


class Across:
    """Two inputs of a search of several; the others are as in the next evaluation."""

    def __init__(self, f: Function, across: Sequence[int]) -> None:
        self.f, self.across = f, list(across)
        ticks = np.linspace(0, 1, SIDE)
        self.unit = constant(np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2))
        self.extent = constant([end for axis in self.across for end in f.bounds[axis]])
        self.axes = [f.names[axis] for axis in self.across]

    def drawn(
        self, search: Search, model: GP, worth: Worth, log: bool, x: Floats, allowed: Allowed
    ) -> Searched:
        places = np.repeat(x[None], len(self.unit), 0)
        places[:, self.across] = self.unit
        mu, sd = sure(*model.posterior(places))
        centre, spread = search.scale
        gain = share(worth(mu, sd, lowest(model))[0], log, allowed(places))
        good = np.isfinite(search.y)
        return Searched(
            xy=self.f.outside(search.X[good])[:, self.across],
            values=search.y[good],
            place=self.f.outside(x[None])[:, self.across],
            surface=(centre + spread * mu).reshape(SIDE, SIDE).astype(np.float32),
            worth=gain.reshape(SIDE, SIDE).astype(np.float32),
            extent=self.extent,
            axes=self.axes,
            inputs=list(self.f.names),
            lengths=model.ell,
        )


def lowest(model: GP) -> float:
    """Of what the surrogate sees; 0 where that is nothing."""
    return float(model.y.min()) if len(model.y) else 0.0


def figure_of(f: Function, across: Sequence[int]) -> Along | Across:
    """ParamError where `across` names no two inputs of the function."""
    d = len(f.bounds)
    if d == 1:
        return Along(f, ())
    if len(set(across)) != 2 or len(across) != 2 or not all(0 <= k < d for k in across):
        raise ml.ParamError(
            f"across={list(across)}: must be two different inputs of 0 to {d - 1}", "across"
        )
    return Across(f, across)
