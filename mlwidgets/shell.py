"""The shell around a run: is this a notebook, which cell is running, what does it replace."""

from __future__ import annotations

import sys
import uuid
import weakref
from typing import Any, Protocol

MAX_ALIVE = 200
Cell = tuple[str, str]  # the cell's id, and the execution of it


class Shown(Protocol):
    """What a cell makes and shows: a run, or a comparison of some."""

    closed: bool
    displays: list[str]  # where a notebook shows it
    still_of: int  # the frame of the stills there
    cell: int  # the execution count of the cell that made it, 0 where there is none

    @property
    def number(self) -> int: ...
    def close(self) -> Any: ...
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any: ...


def _shell() -> Any:
    """IPython's shell, if IPython is what we run in."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def in_notebook() -> bool:
    """Is there a kernel, so that a widget may be shown?"""
    return getattr(_shell(), "kernel", None) is not None


def show(run: Shown) -> None:
    """Display a run so that its still can be renewed."""
    run.displays.append(uuid.uuid4().hex)
    _publish(run, run.displays[-1:], update=False)


def renew(run: Shown) -> None:
    """Bring the stills of a run, as the notebook holds them, up to its last frame."""
    if not run.closed and run.displays and run.still_of != run.number:
        _publish(run, run.displays, update=True)


def replace(run: Shown, data: dict[str, str]) -> None:
    """Put an output in the place of each player of a run, or here where there is none."""
    displays, run.displays = run.displays, []
    for display in displays or [uuid.uuid4().hex]:
        transient = {"display_id": display}
        _shell().display_pub.publish(data, {}, transient=transient, update=bool(displays))


def _publish(run: Shown, displays: list[str], *, update: bool) -> None:
    run.still_of = run.number
    data, metadata = run._repr_mimebundle_()
    for display in displays:
        transient = {"display_id": display}
        _shell().display_pub.publish(data, metadata, transient=transient, update=update)


def current_cell() -> Cell | None:
    """The cell being executed, where the front end tells it."""
    kernel = getattr(_shell(), "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent("shell")
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None


def execution_count() -> int:
    """The number in brackets of the cell being executed; 0 where there is none."""
    return int(getattr(_shell(), "execution_count", 0)) if in_notebook() else 0


def cell_that_defines(fn: Any) -> int:
    """The number in brackets of the cell that a function is from; 0 where that is not known."""
    compiler = getattr(_shell(), "compile", None)
    known = getattr(compiler, "_filename_map", {})  # what IPython's tracebacks name cells by
    return int(known.get(getattr(getattr(fn, "__code__", None), "co_filename", ""), 0))


class _Cells:
    """Which runs each cell has made, so that executing it again replaces them."""

    def __init__(self) -> None:
        self._runs: dict[str, list[tuple[str, weakref.ref[Shown]]]] = {}
        self._shell: Any = None

    def adopt(self, run: Shown) -> None:
        """Remember a new run as the work of the cell being executed."""
        run.cell = execution_count()
        shell = _shell()
        if shell is not self._shell and shell is not None:
            shell.events.register("pre_run_cell", self._begin)
            self._shell = shell
        cell = current_cell()
        if cell is None:
            _bound()
        else:
            self._supersede(cell)
            self._runs.setdefault(cell[0], []).append((cell[1], weakref.ref(run)))

    def _begin(self, _info: Any) -> None:
        cell = current_cell()
        if cell is not None:
            self._supersede(cell)

    def _supersede(self, cell: Cell) -> None:
        """Close what earlier executions of this cell have made."""
        key, execution = cell
        mine = []
        for when, ref in self._runs.pop(key, ()):
            run = ref()
            if run is not None and when == execution:
                mine.append((when, ref))
            elif run is not None:
                run.close()
                _forget(run)
        if mine:
            self._runs[key] = mine


def _forget(run: Shown) -> None:
    """Take a replaced run out of IPython's output cache, which would keep its trace for ever."""
    shell = _shell()
    if shell is None:
        return
    outputs = shell.user_ns.get("Out", {})
    for count in [count for count, value in outputs.items() if value is run]:
        del outputs[count]
    for names in (shell.user_ns, shell.user_ns_hidden):
        for name in [n for n, value in names.items() if value is run and n.startswith("_")]:
            names[name] = ""
    for name in ("_", "__", "___"):
        if getattr(shell.displayhook, name, None) is run:
            setattr(shell.displayhook, name, "")


def _bound() -> None:
    """Where nobody tells which cell is executed, stop the oldest of too many."""
    from .run import runs

    alive = [run for run in runs() if run.status in ("ready", "running", "paused")]
    for run in alive[:-MAX_ALIVE]:
        run.stop()


cells = _Cells()
