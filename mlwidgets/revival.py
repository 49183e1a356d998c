"""A player that has outlived its kernel asks for its run again, when its reader presses Restart.

What it sends is data of a notebook that anyone may have written: a line is read by our own parser,
names an algorithm and plain values, and is never evaluated. Nothing is made before it is asked for.
"""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, Any

from .algorithms import Algorithm, as_algorithm
from .api import play
from .errors import MLError, ParamError, clip, sayable, told
from .magicline import Scope, line_steering, line_values
from .player import Player
from .registry import registry
from .tokens import Line, Reference, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .run import Run

TARGET = "mlwidgets.restart"
LONGEST = 100_000  # characters of a line
ID = re.compile("[0-9a-f]{32}")
PREFIX = "%ml "


def listen() -> None:
    """Let pages ask; all that a page has the kernel execute is an import and this call."""
    kernel = sys.modules["IPython"].get_ipython().kernel
    kernel.comm_manager.register_target(TARGET, _asked)


def _asked(comm: Any, message: Mapping[str, Any]) -> None:
    """Answer with the new player's model, or with one line that says why there is none."""
    given = message["content"]["data"]
    try:
        player = revived(given if isinstance(given, dict) else {})
        comm.send({"model": player.model_id})
    except Exception as error:  # whatever a page sends, it is answered
        comm.send({"error": sayable(" ".join(told(error).split()))})


def revived(given: Mapping[str, Any]) -> Player:
    """The player of a new run, under the old model's name, which the notebook's output has.

    given: line, model and cell, as a page says them. MLError where the line does not give a run.
    """
    line, model, cell = given.get("line"), given.get("model"), given.get("cell")
    if not isinstance(line, str) or len(line) > LONGEST:
        raise MLError("there is no line that makes this run")
    run = run_of(line)
    run.cell = cell if type(cell) is int and 0 <= cell < 10**6 else 0
    free = isinstance(model, str) and ID.fullmatch(model) and model not in _taken()
    run._player = Player(run, model_id=str(model) if free else "")
    return run._player  # type: ignore[no-any-return]  # it has just been made


def run_of(line: str) -> Run:
    """The run of a `%ml` line that names an algorithm and plain values; MLError for any other."""
    if not line.startswith(PREFIX):
        raise MLError(f"{clip(line)!r}: is not a %ml line")
    read = parse(line.removeprefix(PREFIX), ("--device",))
    _plain(read)
    scope = Scope(sys.modules["IPython"].get_ipython(), {})
    algorithm = _algorithm(str(read.words[0]), scope)
    steering, at = line_steering(algorithm.spec, read.steering, scope)
    values = line_values(algorithm.spec, read.params, scope)
    device = str(read.options.get("--device", "auto"))
    return play(algorithm, at=at, device=device, steering=steering, **values)


def _plain(read: Line) -> None:
    """One name, and values that are texts: no object, no expression."""
    pairs = [*read.params.items(), *read.options.items()]
    pairs += [pair for params in read.steering.values() for pair in params.items()]
    for name, value in pairs:
        if isinstance(value, Reference):
            raise ParamError(f"{name}: {clip(value.written)} is an object, and a line gives none")
    if len(read.words) != 1 or isinstance(read.words[0], Reference) or read.help:
        raise MLError("the line does not name one algorithm")


def _algorithm(name: str, scope: Scope) -> Algorithm[Any, Any]:
    """A generator function that the kernel has under this name, else the registry's."""
    own = scope.names.get(name)
    if isinstance(own, Algorithm) or inspect.isgeneratorfunction(own):
        return as_algorithm(own)
    return registry().get(name).load()


def _taken() -> Mapping[str, Any]:
    """The models that this kernel has."""
    from ipywidgets.widgets.widget import _instances

    return dict(_instances)
