"""A notebook's figure, made where its run is: the place of a player, and stills for print."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlwidgets.core import OVER
from mlwidgets.errors import MLError, RunError, told
from mlwidgets.pages.document import place
from mlwidgets.pages.figures import figure_of, varied
from mlwidgets.pages.pictures import _shown, picture
from mlwidgets.run import Run, runs

if TYPE_CHECKING:
    from mlwidgets.player import Player

WIDE = "960px"  # of a still: as wide as a page of a deck has room for


@dataclass(frozen=True)
class Still:
    """A recorded frame for print; name: of the stop there, or nothing."""

    frame: int
    name: str
    svg: str


@dataclass(frozen=True)
class Made:
    """A player's place as HTML, and what a deck prints in its stead: the end, then each stop.

    fault: why there is none. note: that its run had not ended. scripts: see `Figure.scripts`.
    """

    title: str = ""
    markup: str = ""
    stills: Sequence[Still] = ()
    note: str = ""
    fault: str = ""
    scripts: Sequence[str] = ()


def made_of(shown: Run | Player) -> Made:
    """The figure of what is recorded now. MLError where there is no frame."""
    run, drawn = (shown, shown) if isinstance(shown, Run) else (shown.run, _shown(shown))
    figure = varied(run, run.vary, _quiet).figure() if run.vary else figure_of(shown)
    stops = [(-1, ""), *(figure.json["state"].get("stops") or ())]
    with tempfile.TemporaryDirectory() as folder:
        aside = Path(folder) / "still.svg"
        stills = [_still(drawn, run, aside, int(frame), str(name)) for frame, name in stops]
    state = figure.json["state"]
    note = str(state.get("note") or "")
    early = state["status"] not in OVER or note.startswith(("Saved", "The run was stopped"))
    said = note if early else ""
    return Made(figure.title, place(figure), stills, said, scripts=figure.scripts)


def _quiet(_budget: str) -> None:
    """Nobody is there to read it."""


def _still(drawn: Any, run: Run, aside: Path, frame: int, name: str) -> Still:
    """The frame, or the recorded one nearest to it; -1 is the last."""
    frames = run.trace.frames
    recorded = int(frames[abs(frames - frame).argmin()]) if frame >= 0 else None
    picture(drawn, aside, recorded, width=WIDE)
    return Still(frame, name, aside.read_text("utf-8"))


# in the kernel ------------------------------------------------------------------------------


def collect(models: Iterable[str], folder: str, patience: float) -> None:
    """Drive the runs of these players to their end, and leave each figure as a file in the folder.

    patience: seconds for each run. Called in the kernel that has executed the notebook.
    """
    players = {player.model_id: player for run in runs() for player in run.players}
    for model in models:
        if model in players:
            made = _driven(players[model], patience)
            text = json.dumps(asdict(made), ensure_ascii=True)
            (Path(folder) / f"{model}.json").write_text(text, encoding="ascii")


def _driven(player: Player, patience: float) -> Made:
    try:
        for run in dict.fromkeys([player.root, player.run, *(lane.run for lane in player.lanes)]):
            drive(run, patience)
        return made_of(player)
    except MLError as why:
        return Made(player.run.algorithm.title, fault=str(why))
    except Exception as why:  # one figure that fails leaves the others whole
        return Made(player.run.algorithm.title, fault=told(why))


def drive(run: Run, patience: float) -> None:
    """To its end, or for so many seconds; what its frames come from keeps its own pace."""
    until = time.monotonic() + patience
    try:
        while not run._core.over and time.monotonic() < until:
            if run.fixed:  # a loop of the user's, or a worker's: it goes by itself
                run._driver.settle(until)
                break
            run.wait(max(0.1, until - time.monotonic()))
    except RunError:
        if not run._core.over and not run.fixed:
            run.pause()
    except Exception:  # the algorithm's own: the figure shows it
        return


def read(path: Path) -> Made:
    """A figure that `collect` has left."""
    given: dict[str, Any] = json.loads(path.read_text("ascii"))
    stills = [Still(**still) for still in given.pop("stills")]
    return Made(**given, stills=stills)
