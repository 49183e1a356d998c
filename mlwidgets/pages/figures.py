"""A figure for a page without a kernel: all that a player shows, as inert data."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import RunError
from mlwidgets.info import state_of
from mlwidgets.own import inline, modules_of
from mlwidgets.replay.card import info_to_keep
from mlwidgets.replay.compare import Comparison
from mlwidgets.replay.family import family_of
from mlwidgets.replay.variants import checked, seconds, variants
from mlwidgets.replay.verify import latest
from mlwidgets.run import Run

from .codec import Part, coloured, kept_rows, known, parts_of, words
from .stills import still
from .varied import VariedRows, island_of

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.trace import Trace
    from mlwidgets.views import View

Json = dict[str, Any]
UNDER_WAY = ("running", "paused")
MOST_STILL = 100_000  # characters of the picture that stands in a figure's place


@dataclass(frozen=True)
class Figure:
    """What a page needs to show a run or a comparison; `json` holds its islands by name.

    still: an SVG for where no script runs; empty where it would be large, or while a run goes on.
    """

    title: str
    summary: str
    json: Json
    still: str = ""

    @property
    def scripts(self) -> list[str]:
        """What its own views add to the page's policy: scripts as the page will run them."""
        modules = self.json.get("info", {}).get("modules", {}).values()
        return [module["text"] for module in modules if "text" in module]

    def islands(self) -> str:
        """The data as elements that no parser takes for anything else, and no browser runs."""
        return "\n".join(_island(name, value) for name, value in self.json.items())


def figure_of(shown: Run | Comparison | Player, *, codec: str = "exact", every: int = 1) -> Figure:
    """All that is recorded now, also while it goes on. RunError where there is no frame.

    codec, every: see `Run.export`; ParamError for others.
    """
    return draft_of(shown).figure(codec, every)


@dataclass(frozen=True)
class Rows:
    """The recorded rows of one run, as they were when the figure was asked for."""

    trace: Trace
    shades: set[str]
    marks: set[int]

    def __len__(self) -> int:
        return len(self.trace)

    def parts(self, codec: str, every: int) -> list[Part]:
        """Its columns, of the rows that are kept."""
        trace = self.trace
        columns = trace.read(["#frame", *trace.schema])
        if every > 1:
            rows = kept_rows(len(trace), every, columns["#frame"], self.marks | trace.marks)
            columns = {name: values[rows] for name, values in columns.items()}
        return list(parts_of(columns, trace.schema, codec, self.shades))

    def island(self, codec: str, every: int) -> Json:
        return island_of(self.parts(codec, every))


@dataclass(frozen=True)
class Draft:
    """A figure whose columns are not packed yet: `first` of the run that is shown, then others."""

    bare: Figure
    first: Rows | VariedRows
    others: Sequence[tuple[Json, Rows]] = ()

    def figure(self, codec: str = "exact", every: int = 1) -> Figure:
        """The whole figure; ParamError for a codec that is none."""
        every = known(codec, every)
        trace, info = self.first.island(codec, every), self.bare.json["info"]
        if said := words(codec, every):
            rounded = {col["name"] for col in trace["cols"] if "rounded" in col}
            columns = [c | {"rounded": c["name"] in rounded} for c in info["columns"]]
            info = info | {"rounded": said, "columns": columns}
        whole = self.bare.json | {"info": info, "trace": trace}
        if self.others:
            runs = [told | {"trace": rows.island(codec, every)} for told, rows in self.others]
            whole |= {"runs": runs}
        return replace(self.bare, json=whole)

    def weigh(self, codec: str = "exact", every: int = 1) -> int:
        """About how many characters its islands have; quick, also where there is much."""
        parts = [
            part
            for rows in (self.first, *(rows for _, rows in self.others))
            for part in rows.parts(codec, every)
        ]
        packed = sum(part.weigh() + len(dumped(part.column)) + 16 for part in parts)
        told = sum(len(dumped(told)) for told, _ in self.others)
        return len(self.bare.islands()) + packed + told + len(words(codec, every))


def draft_of(shown: Run | Comparison | Player) -> Draft:
    """What a figure will hold, as it is now. RunError where there is no frame."""
    scene = scene_of(shown)
    run = scene.run
    if not run.trace:
        raise RunError(f"{run.name}: has no frame to export")
    picture = still(run) if run.status != "running" else ""  # one that goes on changes under it
    others = list(dict.fromkeys([*(x.run for x in scene.beside), *run.family]))
    others = [other for other in others if other is not run and other.trace]
    first = rows_of(run)
    bare = Figure(
        title=run.algorithm.title,
        summary=(shown if isinstance(shown, Comparison) else run).summary(),
        json={"info": _info(scene), "state": _state(run, first.trace) | _kin(scene, others)},
        still=picture if len(picture) <= MOST_STILL else "",
    )
    return Draft(bare, first, [_other(scene, other) for other in others])


@dataclass(frozen=True)
class Beside:
    """A run that is drawn beside the one that is shown: its words in the page's state."""

    run: Run
    words: Json


@dataclass(frozen=True)
class Scene:
    """Who stands in a figure: the run that is shown, those beside it, and words for them."""

    run: Run
    beside: Sequence[Beside] = ()
    info: Json = field(default_factory=dict)
    state: Json = field(default_factory=dict)
    views: Sequence[View] = ()  # in place of the run's own


def scene_of(shown: Run | Comparison | Player) -> Scene:
    """Who is shown and who is beside, as the player has them."""
    if isinstance(shown, Run):
        if shown._player is None or shown._player.run is not shown:
            return Scene(shown)
        player: Player = shown._player
    else:
        player = shown.player if isinstance(shown, Comparison) else shown
    lanes = [lane for lane in player.lanes if not lane.feed.pale]
    groups = player.groups
    views = [v.to_json() for v in player.views or ()]
    info = {"views": views, "compared": True, "sweep": player.sweep is not None} if views else {}
    said = {"label": player.label, "unlike": player.unlike, "group": groups.get(player.run)}
    beside = [Beside(x.run, {"label": x.label, "group": groups.get(x.run)}) for x in lanes]
    return Scene(player.run, beside, info, said if beside else {}, player.views or ())


def rows_of(run: Run) -> Rows:
    marks = {event.frame for event in run.events} | {*run.stops}
    return Rows(run.trace.snapshot(), coloured(run.views), marks)


def varied(run: Run, vary: Mapping[str, Any], say: Callable[[str], None]) -> Draft:
    """A figure whose controls go between runs with these values, all computed now.

    say: is told first what that will take. ParamError, RunError as `variants` says them.
    """
    if not run.trace:
        raise RunError(f"{run.name}: has no frame to export")
    lists = checked(run, vary)
    runs = math.prod(map(len, lists.values()))
    one = rows_of(run)
    size = runs * sum(part.weigh() for part in one.parts("exact", 1)) / 1e6
    each = " x ".join(f"{len(values)} of {name}" for name, values in lists.items())
    cost = f"about {seconds(run, runs):.0f} s; {size:.1g} MB if all are like this one"
    say(f"{runs:,} runs ({each}), {cost}")
    rows = VariedRows(run, variants(run, lists), one.shades)
    state, info = _state(run, one.trace), _info(Scene(run))
    first = rows.found.values(rows.at)
    said = {**state, "events": [], "steering": ""}
    kept = {name: state[name] | run.algorithm.spec.to_json(first) for name in ("params", "start")}
    spec = run.algorithm.spec
    values = {name: [spec.to_json({name: v})[name] for v in some] for name, some in lists.items()}
    info |= {"vary": values, "tries": []}
    info = {name: told for name, told in info.items() if name not in ("card", "verified")}
    bare = Figure(run.algorithm.title, run.summary(), {"info": info, "state": said | kept})
    return Draft(bare, rows)


def _info(scene: Scene) -> Json:
    run, found = scene.run, latest(scene.run)
    info = info_to_keep(run) | {"card": run.card().to_json()} | scene.info
    modules = modules_of(run, scene.views or run.views)
    for module in modules.values():
        module |= {"text": inline(module["text"])} if "text" in module else {}
    info |= {"modules": modules}
    return info | ({} if found is None else {"verified": found.to_json()})


def _kin(scene: Scene, others: Sequence[Run]) -> Json:
    """What the state says of everybody else."""
    run = scene.run
    kin = [other for other in run.family if other is run or other in others]
    family = {"family": family_of(kin), "place": run.place} if len(kin) > 1 else {}
    return scene.state | family


def _other(scene: Scene, run: Run) -> tuple[Json, Rows]:
    """A run that is not shown at first: one that is drawn beside, one of the family, or both."""
    rows = rows_of(run)
    told: Json = {"state": _state(run, rows.trace)}
    if run in scene.run.family:
        told |= {"place": run.place, "card": run.card().to_json()}
    beside = next((x.words for x in scene.beside if x.run is run), None)
    return told | ({"beside": beside} if beside is not None else {}), rows


def _state(run: Run, trace: Trace) -> Json:
    """The run's state at the last frame of the page; one that has not ended says so."""
    state = {**state_of(run, run._core, 1), "count": len(trace)}
    note, said = state["note"], unended("Exported", state["status"], trace.last)
    state["note"] = note or said if state["status"] == "stopped" else said or note
    return state


def unended(done: str, status: str, frame: int) -> str:
    """What is said of a run that has not come to its end; done: with it, at this frame."""
    if status == "ready":
        return f"{done} before the run was started."
    if status == "stopped":
        return f"The run was stopped at frame {frame}."
    return f"{done} at frame {frame}, before the run had ended." if status in UNDER_WAY else ""


def dumped(value: Any) -> str:
    """Strict JSON, in few characters."""
    return json.dumps(_plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _island(name: str, value: Any) -> str:
    """JSON that a page's parser cannot take for anything else."""
    inert = dumped(value).replace("<", "\\u003c")
    return f'<script type="application/json" data-mlwidgets="{name}">{inert}</script>'


def _plain(value: Any) -> Any:
    """JSON has no infinities: they are absent."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value
