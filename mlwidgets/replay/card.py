"""Where a run's numbers come from: the line that gives them again, and what that line lacks."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from textwrap import indent, wrap
from typing import TYPE_CHECKING, Any

from mlwidgets.device import settle_thread
from mlwidgets.errors import clip, sayable
from mlwidgets.images import Image
from mlwidgets.info import info_of
from mlwidgets.inputs import Grid, Table
from mlwidgets.kinds import same
from mlwidgets.params import is_default_object
from mlwidgets.points import Points
from mlwidgets.private import private
from mlwidgets.registry import registered, registry
from mlwidgets.run import Run
from mlwidgets.tokens import Reference, read_value, scan

from .bibtex import bibtex
from .source import source_of
from .verdict import aligned

if TYPE_CHECKING:
    from mlwidgets.algorithms import Algorithm
    from mlwidgets.params import Param
    from mlwidgets.player import Player

# of these a default stands for itself
RICH = ("grid", "text", "table", "opaque", "image", "points", "run")
LIBRARIES = ("numpy", "torch", "scipy", "scikit-learn")
MODULES = {"scikit-learn": "sklearn"}
MANY = 20  # events that a text names
UNSAID = "the file does not say"


@dataclass(frozen=True)
class Made:
    """What a run was made with, beside its line. lacks: the inputs that the line cannot give.

    data: SHA-256 of each input that is more than a number and not the default, 16 digits of it; so
    of the data set that the algorithm brings.
    """

    device: str = ""
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Card:
    """The provenance of a run at one moment.

    line: pasted into a clean kernel, and played to its end where it names no last frame, it gives
    a trace of the same hash, on the same machine with the same versions, unless it lacks something.
    hash: `run.trace.hash`, SHA-256 of everything recorded; measured quantities apart.
    """

    title: str
    status: str
    number: int
    line: str
    seed: str
    params: Mapping[str, str]
    events: tuple[str, ...]
    made: Made
    frames: int
    hash: str
    citation: str = ""
    bibtex: str = ""

    def to_json(self) -> dict[str, Any]:
        """What the player's pane shows."""
        return dict(sayable(asdict(self)))

    def __repr__(self) -> str:
        said = sayable("\n".join(self._lines()))
        return "".join(
            c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in said
        )

    def _lines(self) -> Iterator[str]:
        made = self.made
        versions = ", ".join(f"{name} {said}" for name, said in made.versions.items())
        rows = [
            ("line", self.line or "none"),
            *(("lacks", lack) for lack in made.lacks),
            ("seed", self.seed or "the algorithm has none"),
            *(("steered", event) for event in self.events[:MANY]),
            *(("data", f"{name}: SHA-256 {said}") for name, said in made.data.items()),
            ("device", f"{made.device}; {made.machine}".strip("; ") or UNSAID),
            ("versions", versions or UNSAID),
            ("trace", f"{self.frames:,} frames, SHA-256 {self.hash}"),
        ]
        yield f"{self.title}: {self.status} at frame {self.number}"
        yield from aligned([("", ""), *rows])[2:]
        for paragraph in (*wrap(self.citation, 88), *self.bibtex.splitlines()):
            yield indent(paragraph, "  ")


def asked(player: Player, _content: dict[str, Any]) -> dict[str, Any]:
    """The player's Cite pane."""
    settle_thread()
    return card_of(player.run).to_json()


def card_of(run: Run) -> Card:
    """The card of a run as it stands; of one that goes on, up to the last frame recorded."""
    core, info = run._core, run.info or {}
    running = core.status == "running"
    trace = run.trace.snapshot() if running else run.trace
    number = max(trace.last if running else core.number, 0)
    page, spec = run.algorithm.page, run.algorithm.spec
    citation = str(info.get("citation", page.citation))
    written = {n: spec[n].format(v) if n in spec else _said(v) for n, v in core.start.items()}
    written |= dict.fromkeys(set(spec) - {p.name for p, _ in _given(run)}, "default")
    return Card(
        title=str(info.get("title", page.title)),
        status=core.status,
        number=number,
        line=_line(run, number),
        seed=written.get("seed", ""),
        params=written,
        events=tuple(_events(run)),
        made=made_of(run),
        frames=len(trace),
        hash=trace.hash,
        citation=citation,
        bibtex=bibtex(citation, str(info.get("doi", page.doi))),
    )


def info_to_keep(run: Run) -> dict[str, Any]:
    """What a file is told of a run: what its page would ask the kernel for is in it."""
    if run.info is not None:
        return run.info
    more: dict[str, Any] = sayable({"source": source_of(run), "made": asdict(made_of(run))})
    return info_of(run) | more


def _events(run: Run) -> Iterator[str]:
    spec = run.algorithm.spec
    for e in run._core.course:
        old, new = (spec[e.name].format(v) if e.name in spec else _said(v) for v in (e.old, e.new))
        was = f"{clip(old, 40)} → " if e.old is not None else ""
        yield f"{e.name} {was}{clip(new, 40)} from frame {e.frame} on"


def _said(value: Any) -> str:
    """A value of a file, which has no kinds, as its line has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(row, str) for row in value):
        return "/".join(value)
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


# the line ---------------------------------------------------------------------------------------


def _line(run: Run, number: int) -> str:
    """The whole line, with the device that was asked for, and where the run stands."""
    if run.fixed:
        return run.line + (_standing(run, number) if run.line and run.info else "")
    name = registered(run.algorithm) or run.name
    start = f"%ml {name}{run.start_line.removeprefix(f'%ml {run.name}')}"
    device = "" if run.device == "auto" else f" --device {run.device}"
    return start + device + run.steered_line + _standing(run, number)


def _standing(run: Run, number: int) -> str:
    """` @812`, unless the line goes there by itself or to the end."""
    status = str((run.info or {}).get("status", run.status))
    here = run.algorithm.at == number or (run.fixed and number == 0)
    return "" if status == "done" or here else f" @{number}"


# what it was made with --------------------------------------------------------------------------


def made_of(run: Run) -> Made:
    """Device, versions and data of a run, and what its line lacks; of a loaded one as saved."""
    if run.info is not None:
        return _told(run.info.get("made"))
    if run.fixed:
        return Made("", machine(), versions(""), lacks=(f"the code: {run.fixed}",))
    item = registry().items.get(run.name)
    return Made(
        device=device_of(run.device_used),
        machine=machine(),
        versions=versions(item.distribution if item else ""),
        data={name: digest for name, digest in _digests(run) if digest},
        lacks=tuple(lacks_of(run)),
    )


def _told(said: Any) -> Made:
    """What a file says; anyone may have written it."""
    if not isinstance(said, dict):
        return Made(lacks=(f"versions and inputs: {UNSAID}",))
    pairs = {
        key: {str(k): str(v) for k, v in said[key].items()}
        if isinstance(said.get(key), dict)
        else {}
        for key in ("versions", "data")
    }
    lacks = said.get("lacks")
    listed = tuple(map(str, lacks)) if isinstance(lacks, list) else ()
    return Made(str(said.get("device", "")), str(said.get("machine", "")), **pairs, lacks=listed)


def device_of(used: str) -> str:
    """The device by its name; of the processor, how many threads torch takes."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return used
    if used.startswith("cuda"):
        return f"{used} ({torch.cuda.get_device_name(used)})"
    count = torch.get_num_threads()
    return f"{used}, {count} thread{'s' * (count != 1)} of torch"


def machine() -> str:
    """System, processor and its cores; no name of anyone's machine."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def versions(distribution: str) -> dict[str, str]:
    """Of Python, of what has been imported to compute with, and of the topic's own package."""
    said = {"mlwidgets": _version("mlwidgets"), "Python": platform.python_version()}
    here = [name for name in LIBRARIES if MODULES.get(name, name) in sys.modules]
    return said | {name: _version(name) for name in dict.fromkeys([*here, distribution]) if name}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


# what the line lacks ----------------------------------------------------------------------------


def lacks_of(run: Run) -> Iterator[str]:
    """The inputs that the run's line cannot give, each in a few words."""
    if not registered(run.algorithm):
        yield f"{run.name} ({_function(run.algorithm)})"
    yield from objects_of(run)
    if aside := _kept_aside(run):
        yield f"frame {aside[0]}, kept because the run held there: go to it, and pause or stop"


def objects_of(run: Run) -> Iterator[str]:
    """The values, at the start or steered, that a line cannot give."""
    algorithm, core = run.algorithm, run._core
    for p, value in _given(run):
        if not writes(p, value):
            yield f"{p.name} ({_yours(value, p)})"
        elif private(p.format(value)) != p.format(value):
            yield f"{p.name} (it names your home folder)"
    for event in core.course:
        if not writes(p := algorithm.spec[event.name], event.new):
            yield f"{p.name} from frame {event.frame} on ({_yours(event.new, p)})"


def _given(run: Run) -> Iterator[tuple[Param, Any]]:
    """The parameters that the line must say: all but objects at their default."""
    for p in run.algorithm.spec.params:
        value = run._core.start[p.name]
        if not is_default_object(p, value):
            yield p, value


def writes(p: Param, value: Any) -> bool:
    """Does the word of the line give the value again? It is read back to see."""
    try:
        pieces, left_open = scan(f"{p.name}={p.format(value)}")
        given = read_value(pieces[0].partition("=")[2])
        if left_open or len(pieces) != 1 or isinstance(given, Reference):
            return False
        return same(p.check(p.parse(given)), value)
    except Exception:  # a kind of anyone's may raise anything
        return False


def _kept_aside(run: Run) -> list[int]:
    """Frames that only this run has kept: a long trace is thinned, but where it held or stopped."""
    core, trace = run._core, run.trace
    known = {e.frame for e in core.events} | ({trace.last} if core.status == "done" else set())
    known |= {trace.nonfinite[1]} if trace.nonfinite else set()
    return [n for n in trace.marks if n % trace.stride and n not in known and n <= trace.last]


def _function(algorithm: Algorithm[Any, Any]) -> str:
    name, module = algorithm.fn.__qualname__, algorithm.fn.__module__
    if module == "__main__" or "<locals>" in name:
        return "a function of yours"
    return f"from {module} import {name.partition('.')[0]}"


def _yours(value: Any, p: Param) -> str:
    """`a BertModel of yours`."""
    if p.kind.name == "secret":
        return "a secret"
    if isinstance(value, Image):
        return f"an image of yours, {' x '.join(map(str, value.shape))} pixels"
    if isinstance(value, Points):
        return f"{len(value):,} points of yours"
    if isinstance(value, Table):
        return f"a table of yours, {len(value)} rows x {len(value.columns)} columns"
    if isinstance(value, Run):
        return f"the run {value.name}: {len(value.trace):,} frames, SHA-256 {value.trace.hash}"
    name = clip(type(value).__name__, 40)
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name} of yours"


def _digests(run: Run) -> Iterator[tuple[str, str]]:
    for p, value in _given(run):
        if p.kind.name in RICH and value is not None:
            yield p.name, digest(value)
    algorithm = run.algorithm
    if algorithm.data is not None:
        own = algorithm.data({**algorithm.fixed, **run._core.start})
        yield "its own data set", digest(own) if own is not None else ""


def digest(value: Any) -> str:
    """16 digits of SHA-256 over the bytes of an input; nothing for an object that has none."""
    sha = hashlib.sha256()
    try:
        for part in _bytes(value):
            sha.update(part)
    except Exception:  # an object of the user's may raise anything
        return ""
    return sha.hexdigest()[:16]


def _bytes(value: Any) -> Iterator[Any]:
    """The bytes of a text, an image, a table, an array, or a network's weights; TypeError else."""
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, Image):
        yield from _bytes(value.pixels)
    elif isinstance(value, Points):
        yield from _bytes({"xy": value.xy, "labels": value.labels})
    elif isinstance(value, Run):
        yield f"{value.name} {value.trace.hash}".encode()
    elif isinstance(value, Grid):
        yield "/".join(value.rows).encode()
    elif isinstance(value, Mapping):
        for name in value:
            yield f"{name} ".encode()
            yield from _bytes(value[name])
    elif hasattr(value, "state_dict"):
        yield from _bytes(value.state_dict())
    elif hasattr(value, "detach"):  # a tensor, of any type of number
        yield f"{value.dtype} {tuple(value.shape)} ".encode()
        flat = value.detach().cpu().contiguous().reshape(-1)
        yield flat.view(sys.modules["torch"].uint8).numpy().tobytes() if flat.numel() else b""
    elif hasattr(value, "to_numpy"):
        yield repr(list(getattr(value, "columns", ()))).encode()
        yield from _bytes(value.to_numpy())
    elif hasattr(value, "tobytes"):
        yield f"{value.dtype} {value.shape} ".encode()
        plain = value.dtype != object
        yield value.tobytes() if plain else repr(value.tolist()).encode()
    else:
        raise TypeError(type(value).__name__)
