"""Comparing runs: lanes under one cursor, and the frame at which two of them first part."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from mlwidgets.errors import ParamError, RunError
from mlwidgets.frame import Schema
from mlwidgets.kinds import same
from mlwidgets.run import Run
from mlwidgets.shell import cells, in_notebook, show
from mlwidgets.views import guess_views

from .family import label_of

if TYPE_CHECKING:
    from mlwidgets.frame import Column
    from mlwidgets.player import Player
    from mlwidgets.trace import Trace
    from mlwidgets.views import View

# its place among the groups, what is different about that, and its own place among all
Group = tuple[int, str, int]
MOST = 12  # lanes that can be told apart
CHUNK = 512  # rows compared at once
EVENTS = 3  # changes of a run that its label names


@dataclass(frozen=True)
class Parting:
    """Where a lane first differs from the first one.

    frame, columns: of the first difference at all; None and () where there is none in the `shared`
    frames that both have recorded, `of` so many. beyond, beyond_columns: of the first larger than
    the tolerance. before, beyond_before: the last frame compared before that; where it is not the
    one before, nobody has kept what lies between.
    """

    label: str
    shared: int
    frame: int | None
    columns: tuple[str, ...]
    beyond: int | None
    beyond_columns: tuple[str, ...]
    tolerance: float
    before: int | None = None
    beyond_before: int | None = None
    of: int = 0

    def __str__(self) -> str:
        if not self.shared:
            return f"{self.label}: has no frame in common with the first"
        if self.frame is None:
            kept = f" that both have kept, of {self.of}" if self.shared < self.of else ""
            return f"{self.label}: equal in all {self.shared} frames{kept}"
        said = f"{self.label}: {self._parts(self.frame)}"
        if self.beyond is None:
            return f"{said}; never by more than {self.tolerance:g}"
        where = ", ".join(self.beyond_columns)
        yet = self.beyond_before
        late = self.beyond != self.frame and yet is not None and yet < self.beyond - 1
        not_yet = f", not at {yet}" if late else ""
        return f"{said}; by more than {self.tolerance:g} at frame {self.beyond} in {where}{not_yet}"

    def _parts(self, frame: int) -> str:
        """Where it parts, as exactly as is known."""
        where, before = ", ".join(self.columns), self.before
        if before is None:
            unknown = " (no earlier frame is kept)" if frame else ""
            return f"parts at frame {frame} in {where}{unknown}"
        if before == frame - 1:
            return f"parts at frame {frame} in {where}"
        return f"equal at frame {before}, parts by frame {frame} in {where} (none between is kept)"


class Comparison:
    """Runs beside each other; displayed in a notebook, lanes under one cursor."""

    def __init__(self, runs: Sequence[Run], labels: Sequence[str]) -> None:
        self.runs = tuple(runs)
        self.labels = tuple(labels)
        self.closed = False
        self.displays: list[str] = []
        self.still_of, self.cell = -1, 0
        self._player: Player | None = None

    @property
    def number(self) -> int:
        """The number of the frame that the longest stands at."""
        return max(run.number for run in self.runs)

    def parted(self, tolerance: float = 1e-6) -> tuple[Parting, ...]:
        """Where each lane first parts from the first: exactly, and by more than `tolerance`."""
        allowed, first = _tolerance(tolerance), self.runs[0].trace
        return tuple(
            parting(first, run.trace, label, allowed)
            for run, label in zip(self.runs[1:], self.labels[1:], strict=True)
        )

    def summary(self) -> str:
        """A few lines of text: the lanes, and where they part."""
        lanes = [f"  {n}  {r!r}" for n, r in zip(self.labels, self.runs, strict=True)]
        apart = [f"  {part}" for part in self.parted()]
        left = unlike([run.trace for run in self.runs])
        told = [f"  not in all, so not compared: {', '.join(left)}"] if left else []
        return "\n".join([f"Comparison of {len(self.runs)} runs", *lanes, *apart, *told])

    def picture(
        self,
        path: str | os.PathLike[str],
        frame: int | None = None,
        *,
        width: str = "160mm",
        dpi: float | None = None,
        views: Sequence[View] | View | None = None,
        words: bool = False,
    ) -> Self:
        """Write the lanes at one frame of the longest run as .svg, .png or .pdf: see Run.picture.

        Curves of all lanes stand in one figure, other views once for each lane.
        """
        from mlwidgets.pages.pictures import picture

        picture(self, path, frame, width=width, dpi=dpi, views=views, words=words)
        return self

    def publish(self) -> None:
        """Put a complete page with the runs in the place of their players; see `Run.publish`."""
        from mlwidgets.pages.srcdoc import publish

        publish(self)

    @property
    def player(self) -> Player:
        """The widget, made when first asked for."""
        if self._player is None:
            from mlwidgets.player import Player

            pairs = sorted(zip(self.runs, self.labels, strict=True), key=lambda p: -p[0].number)
            (longest, label), *others = pairs  # the timeline is the longest's
            traces = [run.trace for run in self.runs]
            shared = {column.name: column for column in common(traces)}
            views = [v for v in longest.views if shared.keys() >= set(v.columns)]
            self._player = Player(longest, views or guess_views(Schema(tuple(shared.values()))))
            self._player.label, self._player.unlike = label, unlike(traces)
            self._player.groups = groups_of(self.runs)
            self._player.lay([run for run, _ in others], [said for _, said in others])
        return self._player

    def export(
        self,
        path: str | os.PathLike[str],
        codec: str = "exact",
        every: int = 1,
        max_mb: float | None = None,
    ) -> Self:
        """Write one HTML file that shows the runs beside each other; see `Run.export`."""
        from mlwidgets.pages.export import export

        export(self, path, codec, every, max_mb)
        return self

    def close(self) -> Comparison:
        """Take it off the page; the runs stay."""
        if not self.closed and self._player is not None:
            self._player.close()
        self.closed = True
        return self

    def _ipython_display_(self) -> None:
        if self.closed or not in_notebook():
            raise NotImplementedError
        show(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        if self.closed or not in_notebook():
            return {"text/plain": self.summary()}
        data, metadata = self.player._repr_mimebundle_(include=include, exclude=exclude)
        return {**data, "text/plain": self.summary()}, metadata

    def __repr__(self) -> str:
        return self.summary()


def compare(*runs: Any, labels: Sequence[str] | None = None) -> Comparison:
    """Lay runs beside each other under one cursor: seeds, parameters, algorithms, branches.

    labels: what each is called; by default what is different about it. Displayed in a notebook
    it is a player whose transport drives all of them. RunError for runs that share no column.
    """
    if not 2 <= len(runs) <= MOST:
        raise RunError(f"compare takes 2 to {MOST} runs, not {len(runs)}")
    for run in runs:
        if not isinstance(run, Run):
            given = f"{type(run).__name__} {run!r:.40}"
            raise RunError(f"cannot compare {given}: give runs, such as play(...) makes")
        if not run.trace:
            raise RunError(f"{run.name}: has no frame to compare")
    if len(set(map(id, runs))) < len(runs):
        raise RunError("a run is given twice: run.branch() makes another like it")
    if labels is not None and len(labels) != len(runs):
        raise ParamError(f"labels: {len(labels)} for {len(runs)} runs")
    if not common([run.trace for run in runs]):
        names = "; ".join(f"{run.name}: {', '.join(run.trace)}" for run in runs)
        raise RunError(f"these runs have no column in common ({names})")
    made = Comparison(runs, list(labels) if labels is not None else labels_of(runs))
    cells.adopt(made)
    return made


def labels_of(runs: Sequence[Run], names: Sequence[str] = ()) -> list[str]:
    """What is different about each: its name, its parameters, its place in a family.

    names: what to call those that differ in nothing of these.
    """
    if len({id(run.family) for run in runs}) == 1 and len({run.place for run in runs}) == len(runs):
        return [label_of(run) for run in runs]
    algorithms = {run.name for run in runs}
    said = []
    for k, run in enumerate(runs):
        words = [run.name] if len(algorithms) > 1 else []
        spec, start = run.algorithm.spec, run._core.start
        for name in spec:
            texts = {spec[name].format(r._core.start.get(name)) for r in runs if name in r.params}
            text = spec[name].format(start[name])
            if len(texts) > 1 and len(text) < 32:
                words.append(f"{spec[name].symbol or name} = {text}")
        words += [f"{e.name} = {e.new} at {e.frame}" for e in run.events[:EVENTS]]
        more = len(run.events) - EVENTS
        words += [f"{more} more changes"] if more > 0 else []
        said.append(", ".join(words) or (names[k] if names else f"run {k + 1}"))
    return [f"{text} ({k + 1})" if said.count(text) > 1 else text for k, text in enumerate(said)]


def groups_of(runs: Sequence[Run]) -> dict[Run, Group]:
    """Which of the runs differ in their seed only, and what is different between the groups."""
    firsts: list[Run] = []
    places = []
    for run in runs:
        k = next((k for k, first in enumerate(firsts) if _differ_in_seed(run, first)), len(firsts))
        firsts += [run] if k == len(firsts) else []
        places.append(k)
    labels = labels_of(firsts) if len(firsts) > 1 else [""]
    pairs = enumerate(zip(runs, places, strict=True))
    return {run: (place, labels[place], k) for k, (run, place) in pairs}


def _differ_in_seed(a: Run, b: Run) -> bool:
    one, other = a._core.start, b._core.start
    return (
        a.name == b.name
        and "seed" in a.algorithm.spec
        and a.events == b.events
        and one.keys() == other.keys()
        and all(name == "seed" or same(one[name], other[name]) for name in one)
    )


def common(traces: Sequence[Trace]) -> list[Column]:
    """Columns that all have, of one kind and shape, in the first one's order."""
    first, *others = (trace.schema for trace in traces)
    return [
        column
        for column in first.columns
        if all(
            column.name in other
            and (other[column.name].light, other[column.name].shape) == (column.light, column.shape)
            for other in others
        )
    ]


def unlike(traces: Sequence[Trace]) -> list[str]:
    """Names of columns that not all have, or that differ in shape."""
    shared = {column.name for column in common(traces)}
    return list(dict.fromkeys(n for trace in traces for n in trace if n not in shared))


def parting(first: Trace, other: Trace, label: str, tolerance: float) -> Parting:
    """Where two traces first differ, over the frames that both have recorded."""
    first, other = first.snapshot(), other.snapshot()  # either may go on, and be thinned
    names = [column.name for column in common([first, other]) if not column.measured]
    rows = _shared_rows(first, other)
    exact: tuple[int | None, tuple[str, ...]] = (None, ())
    beyond: tuple[int | None, tuple[str, ...]] = (None, ())
    for frames, mine, theirs in _together(first, other, names, rows):
        gaps = {name: _gap(mine[name], theirs[name]) for name in names}
        if exact[0] is None:
            exact = _first(frames, {name: gap > 0 for name, gap in gaps.items()})
        if exact[0] is not None:
            beyond = _first(frames, {name: gap > tolerance for name, gap in gaps.items()})
        if beyond[0] is not None:
            break
    frames = first.frames[rows[0]].tolist()
    before, yet = _before(frames, exact[0]), _before(frames, beyond[0])
    of = min(first.last, other.last) + 1
    return Parting(label, len(frames), *exact, *beyond, tolerance, before, yet, of)


def _before(frames: list[int], found: int | None) -> int | None:
    """The frame before that one, of those that were compared."""
    k = 0 if found is None else bisect_left(frames, found)
    return frames[k - 1] if k else None


def _shared_rows(first: Trace, other: Trace) -> tuple[Any, Any]:
    """Where each has the frames that both have."""
    import numpy as np

    _, here, there = np.intersect1d(
        first.frames, other.frames, assume_unique=True, return_indices=True
    )
    return here, there


def _together(
    first: Trace, other: Trace, names: list[str], rows: tuple[Any, Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """Rows of the frames that both have, a chunk at a time."""
    here, there = rows
    for k in range(0, len(here), CHUNK):
        a, b = here[k : k + CHUNK], there[k : k + CHUNK]
        mine = first.read(["#frame", *names], int(a[0]), int(a[-1]) + 1)
        theirs = other.read(names, int(b[0]), int(b[-1]) + 1)
        mine = {name: values[a - a[0]] for name, values in mine.items()}
        yield mine.pop("#frame"), mine, {name: v[b - b[0]] for name, v in theirs.items()}


def _gap(mine: Any, theirs: Any) -> Any:
    """The largest difference of each row; infinite where only one is a number, 0 where equal."""
    import numpy as np

    if mine.dtype == object or theirs.dtype == object:
        return np.array([_row_gap(a, b) for a, b in zip(mine, theirs, strict=True)])
    a, b = mine.reshape(len(mine), -1), theirs.reshape(len(theirs), -1)
    same = (a == b) | ((a != a) & (b != b))
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(a.astype(float) - b.astype(float))
    gap = np.where(same, 0.0, np.where(np.isnan(gap), np.inf, np.maximum(gap, 5e-324)))
    return gap.max(axis=1, initial=0.0)


def _row_gap(a: Any, b: Any) -> float:
    """The difference of two texts or lists: infinite where they are not of one shape."""
    import numpy as np

    if isinstance(a, (str, tuple)) or a.shape != b.shape:
        return 0.0 if type(a) is type(b) and isinstance(a, (str, tuple)) and a == b else np.inf
    return float(_gap(a[None], b[None])[0])


def _first(frames: Any, apart: dict[str, Any]) -> tuple[int | None, tuple[str, ...]]:
    """The first frame where any column is apart, and which are so there."""
    firsts = {name: int(rows.argmax()) for name, rows in apart.items() if rows.any()}
    if not firsts:
        return None, ()
    k = min(firsts.values())
    return int(frames[k]), tuple(name for name, rows in apart.items() if rows[k])


def _tolerance(given: Any) -> float:
    if not isinstance(given, (int, float)) or not given >= 0:
        raise ParamError(f"tolerance={given!r}: must be a number of at least 0")
    return float(given)


def asked(player: Player, content: dict[str, Any]) -> list[dict[str, Any]]:
    """The page asks where its lanes part: from the one given first, whichever leads."""
    tolerance = _tolerance(content.get("tolerance"))
    beside = [(lane.run, lane.label) for lane in player.lanes if not lane.feed.pale]
    lanes = [(player.run, player.label or "this run"), *beside]
    if player.groups:
        lanes.sort(key=lambda lane: player.groups[lane[0]][2])
    (first, _), *others = lanes
    parts = [parting(first.trace, run.trace, label, tolerance) for run, label in others]
    return [{"text": str(p), "frame": p.frame, "beyond": p.beyond, "label": p.label} for p in parts]
