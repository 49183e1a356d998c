"""A figure for a page without a kernel: all that a player shows, as inert data."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import RunError
from mlwidgets.info import data_of, state_of
from mlwidgets.replay.card import info_to_keep
from mlwidgets.replay.compare import Comparison
from mlwidgets.replay.family import family_of
from mlwidgets.replay.verify import latest
from mlwidgets.run import Run
from mlwidgets.tracefile import shuffled

from .stills import still

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.trace import Trace

Json = dict[str, Any]
UNDER_WAY = ("ready", "running", "paused")
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

    def islands(self) -> str:
        """The data as elements that no parser takes for anything else, and no browser runs."""
        return "\n".join(_island(name, value) for name, value in self.json.items())


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


def figure_of(shown: Run | Comparison | Player) -> Figure:
    """All that is recorded now, also while it goes on. RunError where there is no frame."""
    scene = scene_of(shown)
    run = scene.run
    if not run.trace:
        raise RunError(f"{run.name}: has no frame to export")
    picture = still(run) if run.status != "running" else ""  # one that goes on changes under it
    return Figure(
        title=run.algorithm.title,
        summary=(shown if isinstance(shown, Comparison) else run).summary(),
        json=_json(scene),
        still=picture if len(picture) <= MOST_STILL else "",
    )


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
    return Scene(player.run, beside, info, said if beside else {})


def _json(scene: Scene) -> Json:
    """The run's own islands, then everybody else's in one."""
    run, found = scene.run, latest(scene.run)
    trace = run.trace.snapshot()
    info = info_to_keep(run) | {"card": run.card().to_json()} | scene.info
    state = _state(run, trace) | scene.state
    others = list(dict.fromkeys([*(x.run for x in scene.beside), *run.family]))
    others = [other for other in others if other is not run and other.trace]
    if len(run.family) > 1:
        kept = {id(run), *map(id, others)}
        state |= {"family": family_of(r for r in run.family if id(r) in kept), "place": run.place}
    parts: Json = {
        "info": info | ({} if found is None else {"verified": found.to_json()}),
        "state": state,
        "trace": _trace(trace),
    }
    if others:
        words = {id(x.run): x.words for x in scene.beside}
        kin = {id(r) for r in run.family}
        parts["runs"] = [_other(r, words.get(id(r)), id(r) in kin) for r in others]
    return parts


def _other(run: Run, beside: Json | None, kin: bool) -> Json:
    """A run that is not shown at first. beside: its words as a lane; kin: it can be shown."""
    trace = run.trace.snapshot()
    made: Json = {"state": _state(run, trace), "trace": _trace(trace)}
    if kin:
        made |= {"place": run.place}
    return made | ({"beside": beside} if beside is not None else {})


def _state(run: Run, trace: Trace) -> Json:
    """The run's state at the last frame of the page; one that has not ended says so."""
    state = {**state_of(run, run._core, 1), "count": len(trace)}
    if state["status"] in UNDER_WAY:
        state["note"] = f"Exported at frame {trace.last}, before the run had ended."
    return state


def _island(name: str, value: Any) -> str:
    """JSON that a page's parser cannot take for anything else."""
    text = json.dumps(_plain(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    inert = text.replace("<", "\\u003c")
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


def _trace(trace: Trace) -> Json:
    """Every column of every recorded frame, gzipped; fixed shapes as differences in time."""
    count = len(trace)
    columns, buffers = data_of(trace, (0, count), (0, count))
    texts = list(buffers)
    for column in columns:
        if "buffer" in column and "sizes" not in column:
            k = column["buffer"]
            texts[k] = shuffled(texts[k], column["dtype"], count)
            column["delta"] = True
    packed = [base64.b64encode(gzip.compress(b, 9, mtime=0)).decode() for b in texts]
    return {"cols": columns, "count": count, "gz": True, "buffers": packed}
