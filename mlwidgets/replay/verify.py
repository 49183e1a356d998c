"""Verify: the same inputs through our code and through a reference, and how far both are apart."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from mlwidgets.algorithms import Algorithm
from mlwidgets.device import settle_thread
from mlwidgets.errors import MLError, RegistryError, UncheckedError, clip, told
from mlwidgets.references import Quantities, Reference
from mlwidgets.registry import registry
from mlwidgets.replay.verdict import Row, Verification, compared

if TYPE_CHECKING:
    from mlwidgets.player import Player
    from mlwidgets.run import Run

CASES = 10  # random shapes
OWN = "this run"
NONE = "none is registered"
_latest: WeakKeyDictionary[Run, Verification] = WeakKeyDictionary()
_one_at_a_time = threading.Lock()  # the global generators are put back


def asked(player: Player, content: dict[str, Any]) -> dict[str, Any]:
    """The player's Verify button: the verdict, or first of all what the reference is."""
    if content.get("part") == "reference":
        return {"against": against(player.run.algorithm)}
    settle_thread()
    return verify_run(player.run).to_json()


def against(algorithm: Algorithm[Any, Any]) -> str:
    """What an algorithm would be checked against; nothing where there is, or can be had, none."""
    try:
        found = reference_of(algorithm)
    except (MLError, ModuleNotFoundError):
        return ""  # the check itself says why
    return found.of if isinstance(found, Reference) else ""


def verify_run(run: Run) -> Verification:
    """Check a run's algorithm with its present parameters; the run itself is left alone."""
    if run.fixed:
        return Verification(run.name, why=f"there is no algorithm to check: {run.fixed}")
    made = verify(run.algorithm, dict(run.params))
    _latest[run] = made
    return made


def latest(run: Run) -> Verification | None:
    """What the run's last check said, if there was one."""
    return _latest.get(run)


def verify(
    algorithm: Algorithm[Any, Any], params: Mapping[str, Any], *, cases: int = CASES
) -> Verification:
    """Compare both sides: with these parameters, and with those of so many random shapes."""
    values = algorithm.spec.check(params)
    shown = algorithm.spec.to_json(values)
    try:
        reference = reference_of(algorithm)
        if isinstance(reference, str):
            return Verification(algorithm.name, params=shown, why=reference)
        library = ", ".join(f"{name} {version(name)}" for name in reference.needs)
        with _one_at_a_time, generators_kept():
            rows = tuple(_rows(algorithm, reference, values, cases))
    except RegistryError as error:
        return Verification(algorithm.name, params=shown, why=str(error))
    except ModuleNotFoundError as error:  # or PackageNotFoundError, which is one
        return Verification(algorithm.name, params=shown, why=_missing(algorithm, str(error.name)))
    return Verification(algorithm.name, reference, library, rows, params=shown)


def reference_of(algorithm: Algorithm[Any, Any]) -> Reference | str:
    """An algorithm's reference, or why it has none; a preset has that of its file, or its own."""
    if algorithm.reference is not None:
        return _reference(algorithm.name, algorithm.reference)
    items = registry().items
    home = f"{algorithm.fn.__module__}:{algorithm.fn.__qualname__}"
    at_home = (item for item in items.values() if item.target == home)
    for item in (items.get(algorithm.name), next(at_home, None)):
        if item is not None and item.reference:
            return _reference(item.name, item.load_reference())
        if item is not None and item.unchecked:
            return item.unchecked
    return NONE


def _reference(name: str, found: Any) -> Reference:
    if not isinstance(found, Reference):
        raise MLError(f"{name}: its reference is a {type(found).__name__}, must be a Reference")
    return found


def _missing(algorithm: Algorithm[Any, Any], module: str) -> str:
    """What to install."""
    item = registry().items.get(algorithm.name)
    remedy = f'"{item.extra}"' if item and item.extra else module
    return f"{module} is not installed: pip install {remedy}"


@contextmanager
def generators_kept() -> Iterator[None]:
    """Whatever is drawn from the process's generators inside, they stay where they were.

    Both sides compute on the processor, where doubles are doubles, whatever torch's default is.
    """
    np, torch = sys.modules["numpy"], sys.modules.get("torch")
    plain, numbers = random.getstate(), np.random.get_state()
    tensors = torch.get_rng_state() if torch else None
    try:
        with torch.device("cpu") if torch else nullcontext():
            yield
    finally:
        random.setstate(plain)
        np.random.set_state(numbers)
        if torch:
            torch.set_rng_state(tensors)


def _rows(
    algorithm: Algorithm[Any, Any], reference: Reference, values: dict[str, Any], cases: int
) -> Iterator[Row]:
    """A row for each quantity of each case; a side that fails ends it."""
    for k in range(cases + 1):
        case = f"random {k}" if k else OWN
        try:
            drawn = _drawn(algorithm, reference, k - 1) if k else values
        except ModuleNotFoundError:
            raise
        except Exception as error:  # the author's, whatever it is
            yield Row(case, verdict=f"the reference's random shape failed: {_why(error)}")
            return
        rows = list(_case(case, {**algorithm.fixed, **drawn}, algorithm, reference))
        yield from rows
        if any(row.failed for row in rows):
            return


def _drawn(algorithm: Algorithm[Any, Any], reference: Reference, k: int) -> dict[str, Any]:
    """Parameters of a random shape; those that a preset has fixed may be among them."""
    import numpy as np

    spec, fixed = algorithm.spec, algorithm.fixed
    drawn = reference.random(np.random.default_rng(k), k)
    return spec.check({name: value for name, value in drawn.items() if name not in fixed})


def _case(
    case: str, params: dict[str, Any], algorithm: Algorithm[Any, Any], reference: Reference
) -> Iterator[Row]:
    """Ours first: it is done whatever the reference does."""
    side = "the reference's inputs"
    try:
        given = reference.inputs(params) if reference.inputs else params
        side = "our code"
        ours, our_time = _timed(reference.ours or _last_frame(algorithm), given)
        side = "the reference"
        theirs, their_time = _timed(reference.theirs, given)
    except UncheckedError as error:
        yield Row(case, verdict=f"not checked: {error}")
        return
    except ModuleNotFoundError:
        raise
    except Exception as error:  # whatever a library raises is the answer
        yield Row(case, verdict=f"{side} failed: {_why(error)}")
        return
    for name in theirs:
        if name not in reference.tolerance:
            known = ", ".join(reference.tolerance) or "none"
            said = f"the reference failed: it has no tolerance for {name!r} (it has: {known})"
            yield Row(case, verdict=said)
            return
        row = compared(ours.get(name), theirs[name], reference.tolerance[name])
        yield row.of(case, name, our_time, their_time)
    if not theirs:
        yield Row(case, verdict="the reference failed: it gave nothing to compare")


def _why(error: Exception) -> str:
    return clip(" ".join(told(error).split()), 160)


def _timed(side: Callable[[Any], Quantities], given: Any) -> tuple[Quantities, float]:
    begun = time.perf_counter()
    found = side(given)
    return found, time.perf_counter() - begun


def _last_frame(algorithm: Algorithm[Any, Any]) -> Callable[[dict[str, Any]], Quantities]:
    """A run with no thread and no recording, to its end."""

    def ours(params: dict[str, Any]) -> Quantities:
        values = {name: value for name, value in params.items() if name in algorithm.spec}
        (frame,) = deque(algorithm(**values), maxlen=1)
        return dict(frame)

    return ours
