"""Saving a run and loading it: the trace, and what a page needs to show it."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from .algorithms import Algorithm
from .core import Core, Event
from .device import thread_scope
from .drivers import TurnsDriver
from .errors import ParamError, RunError, TraceFileError, clip, sayable
from .info import events_json
from .page import Page
from .params import Spec
from .replay.card import info_to_keep
from .run import Run
from .stops import checked
from .tracefile import read_trace, save_trace
from .views import View

if TYPE_CHECKING:
    from .trace import Trace

COMMON = ("kind", "columns", "title", "note", "wide")


def save_run(run: Run, path: str | os.PathLike[str]) -> None:
    """Write a run's trace; RunError where there is none."""
    if not run.trace:
        raise RunError(f"{run.name}: has no frame to save")
    end = end_of(run._core) | {"stops": [*run.stops.items()]}
    save_trace(path, run.trace, header_of(run), end)


def header_of(run: Run) -> dict[str, Any]:
    """What a file says of its run before the first frame."""
    header = {
        "mlwidgets": 1,
        "info": info_to_keep(run),
        "start": run.algorithm.spec.to_json(run._core.start),
        "line": run.line,
    }
    return dict(sayable(header))


def end_of(core: Core) -> dict[str, Any]:
    """What a file says of its run after the last frame."""
    spec = core.algorithm.spec
    end = {
        "status": core.status,
        "number": core.number,
        "params": spec.to_json(core.values),
        "events": events_json(core, spec),
        "error": core.fault,
    }
    return dict(sayable(end))


def load(path: str | os.PathLike[str]) -> Run:
    """A saved run, to look at; its status is "loaded". TraceFileError for what is no trace."""
    trace, header, end = read_trace(path)
    try:
        return run_of(trace, header, end)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, ParamError) as error:
        raise TraceFileError(
            f"{os.fspath(path)}: lacks what a run needs ({error!r}), at byte 8"
        ) from None


def run_of(trace: Trace, header: dict[str, Any], end: dict[str, Any]) -> Run:
    """The run of a trace and of what was kept beside it; many errors where something is absent."""
    info = {"status": str(end.get("status", "")), **header["info"]}
    algorithm: Algorithm[Any, Any] = Algorithm(
        _gone, tuple(map(_view, info["views"])), name=str(info["name"])
    )
    algorithm.__dict__["page"] = Page(title=str(info["title"]), summary=str(info["summary"]))
    algorithm.__dict__["spec"] = Spec(())
    algorithm.__dict__["steps"] = tuple(
        {k: str(s[k] or "") for k in ("name", "column", "total")} for s in info["steps"]
    )
    if not algorithm.steps:
        raise ValueError("no steps")
    core = Core(algorithm, dict(header["start"]), trace, thread_scope("cpu"))
    core.events = [
        Event(int(e["frame"]), str(e["name"]), e["old"], e["new"]) for e in end.get("events", [])
    ]
    steered = {event.name: event.new for event in core.events}
    core.values = dict(end["params"]) if "params" in end else {**header["start"], **steered}
    core.number = int(end.get("number", trace.last))
    core.frame = trace.row(-1) if trace else None
    core.status = "loaded"
    if trace.truncated:
        core.note = "The file ends early: this is what had been written."
    elif end.get("error"):
        core.note = f"It was stopped by an error: {clip(end['error']['text'])}"
    line = str(end.get("line", header["line"]))
    run = Run.of_core(
        core, TurnsDriver(core), fixed="it is loaded from a file", info=info, line=line
    )
    run._stops = checked(dict(end.get("stops", [])))
    return run


def _view(given: dict[str, Any]) -> View:
    common = {key: given[key] for key in COMMON}
    options = {key: value for key, value in given.items() if key not in COMMON}
    return View(
        str(common.pop("kind")), tuple(map(str, common.pop("columns"))), **common, options=options
    )


def _gone() -> Generator[Any, Any, Any]:
    yield from ()
    raise RunError("this run is loaded from a file; play its algorithm anew")
