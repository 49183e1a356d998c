"""The family of a run, as its player shows it: branches, tries, and lanes beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlwidgets.core import Hold
from mlwidgets.errors import RunError

from .branch import branch, sibling

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.run import Run

Json = dict[str, Any]


def family_of(family: Iterable[Run]) -> list[Json]:
    """Who there is, who comes from whom at which frame, and how far each is."""
    return [
        {
            "place": run.place,
            "parent": run.origin.parent.place if run.origin else None,
            "at": run.origin.at if run.origin else None,
            "label": label_of(run),
            "number": max(run.number, 0),
            "status": run.status,
        }
        for run in family
    ]


def label_of(run: Run) -> str:
    """What is different about a run of a family, in a few words."""
    origin = run.origin
    if origin is None:
        return "first run"
    since = -1 if origin.at is None else origin.at
    spec, start, parent = run.algorithm.spec, run._core.start, origin.parent._core.start
    begun = origin.changed if origin.at is None else ()
    told = {n: (spec[n].format(start[n]), spec[n].format(parent[n])) for n in begun}
    changed = {n: mine for n, (mine, theirs) in told.items() if mine != theirs}
    late = [event for event in run._core.course if event.frame > since]
    changed |= {event.name: spec[event.name].format(event.new) for event in late}
    said = [f"{spec[n].symbol or n} = {value}" for n, value in changed.items()]
    words = ", ".join(text if len(text) < 32 else text.partition(" = ")[0] for text in said[:3])
    return words + "…" * (len(said) > 3) or "as before"


def asked_to_branch(player: Player, content: Json) -> Json:
    """The page's "Branch here", or a live control moved where the cursor stands in the past."""
    parent = player.run
    parent._core.order(Hold())
    at = int(content["at"])
    changes = {str(content["name"]): content["value"]} if "name" in content else {}

    def begun(core: Any) -> None:
        player.replaying = (core, at)

    try:
        twin = branch(parent, at, changes, begun=begun, owner=player.root)
    finally:
        player.replaying = None
    return _open(player, twin, content)


def asked_to_try(player: Player, content: Json) -> Json:
    """One of the questions: it opens beside the run that asked."""
    player.run._core.order(Hold())
    return _open(player, sibling(player.run, content["params"], player.root), content)


def _open(player: Player, run: Run, content: Json) -> Json:
    player.show(run)
    if content.get("play") and not run._core.over:
        run.start(content.get("pace"), content.get("step"))
    return {"place": run.place, "note": run._core.note}


def asked_to_set(player: Player, content: Json) -> None:
    """A live parameter of a run that is over: its answer."""
    player.run.set(**{str(content["name"]): content["value"]})


def asked_to_drop(player: Player, content: Json) -> None:
    """Undo: back to the run that a branch comes from; the branch is gone."""
    run = player.run
    if run.origin is None or run.origin.owner is not player.root:
        raise RunError(f"{run.name}: is no branch made here; close() ends it")
    player.show(run.origin.parent)
    run.close()


def asked_to_compare(player: Player, content: Json) -> None:
    """Lay other runs of the family beside the one that is shown; none: the one it comes from."""
    places = content.get("places", [])
    runs = [run for run in player.run.family if run.place in places and run is not player.run]
    if runs:
        player.label = label_of(player.run)
        player.lay(runs, [label_of(run) for run in runs])
    else:
        player.show(player.run)
