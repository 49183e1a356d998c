"""Rows of many players, long streams and many executions, in a real JupyterLab."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from statistics import median, quantiles
from typing import Any, NamedTuple

from benchmarks.figures import Bar, Figure, least, most, number
from benchmarks.in_page import LOAD, SHOW, data_in
from benchmarks.place import Place, Tapped
from benchmarks.wire import json_size, total
from tests.browser.lab import wait_until
from tests.browser.playing import opened

Shown = tuple[str, int] | tuple[str, int, str]  # a condition of the probe

TINY = """
def tiny(n: int = 160):
    "Tiny: four numbers a frame, 5 KB in all."
    for k in range(n):
        yield {"a": k / n, "b": (k * 7 % n) / n, "c": (k * 31 % n) / n, "d": -k / n}
"""
WHOLE = '''
import anywidget, traitlets
from importlib.resources import files
class Whole(anywidget.AnyWidget):
    _esm = (files("mlwidgets") / "static" / "player.js").read_text("utf-8") + """
export default { render({ model, el }) {
  el.className = "whole";
  el.textContent = model.get("trace").byteLength;
} };
"""
    trace = traitlets.Bytes().tag(sync=True)
'''


def fifty_players(place: Place) -> Iterator[Figure]:
    """50 cells, each a player with a recorded trace of 5 KB: bytes received, and bytes saved.

    "Run all cells", until all are painted; all frames over the kernel's websocket are counted. Then
    the notebook is saved with its widgets' state and the file is weighed; stills are left out. The
    peer is the same number of anywidgets whose `_esm` is this very bundle, with 5 KB of bytes each.
    """
    ours = fifty(place, LOAD + TINY, "mlwidgets.play(tiny).wait()", ("players", 50))
    peer = fifty(place, WHOLE, "Whole(trace=bytes(5120))", ("present", 50, ".whole"))
    yield Figure(
        "50 players with 5 KB traces, over the wire",
        ours.wire / 1e6,
        "MB",
        most(0.7),
        peer=f"the bundle in each anywidget {peer.wire / 1e6:.2f} MB",
        note=ours.kinds,
    )
    yield Figure(
        "50 players with 5 KB traces, saved in the notebook",
        ours.saved / 1e6,
        "MB",
        most(0.7),
        peer=f"the bundle in each anywidget {peer.saved / 1e6:.2f} MB",
        note=f"{ours.models} models; by trait: {ours.traits}",
    )


class Fifty(NamedTuple):
    """What fifty widgets cost."""

    wire: int
    saved: int
    models: int
    kinds: str
    traits: str


def fifty(place: Place, first: str, cell: str, shown: Shown) -> Fifty:
    """Run so many cells; what came over the wire, and what is saved."""
    with place.book([first, *[cell] * 50]) as book:
        book.run(0)
        book.tap()
        book.probe("run", -1, *shown)
        messages = book.tap()
        book.save()
        text = (book.server.root / book.name).read_text("utf-8")
    kinds: Counter[str] = Counter()
    for message in messages:
        kinds[message.kind] += message.size
    saved = json.loads(text)
    pictures = sum(
        json_size(data)
        for each in saved["cells"]
        for output in each.get("outputs", [])
        for kind, data in output.get("data", {}).items()
        if kind.startswith("image/")
    )
    held = saved["metadata"].get("widgets", {})
    models = held.get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    return Fifty(
        total(messages) - data_in(messages)["still"],
        len(text.encode()) - pictures,
        len(models),
        told(kinds),
        told(traits(models)),
    )


def traits(models: dict[str, Any]) -> Counter[str]:
    """Bytes of the saved state by trait; those in base64 too."""
    sizes: Counter[str] = Counter()
    for model in models.values():
        for name, value in model["state"].items():
            sizes[name] += json_size(value)
        for buffer in model.get("buffers", []):
            sizes[buffer["path"][0]] += len(buffer["data"])
    return sizes


def told(sizes: Counter[str]) -> str:
    return ", ".join(f"{name} {size:,}" for name, size in sizes.most_common(6))


BOX = """
import ipywidgets
ipywidgets.VBox([mlwidgets.play("rl.q_learning").player for _ in range(100)])
"""
PLOTLY = """
import ipywidgets, plotly.graph_objects as go
ipywidgets.VBox([go.FigureWidget([go.Scatter(y=list(range(100)))]) for _ in range(100)])
"""


def hundred_players(place: Place) -> Iterator[Figure]:
    """100 players of Q-learning in one notebook: until all are painted, and the heap they cost.

    Once as 100 cells run by "Run all", once as one box of 100 in a single cell; timed in the page
    from the command to the animation frame after which each player has drawn. JupyterLab is told to
    lay out every cell: by default it leaves those out of sight to the browser, which does not, and
    a player that nobody sees does not draw. So a third time with its default: until all players
    are there, then how long each takes to be painted when it is brought into sight. The heap is
    JavaScript's, after a collection, less what it was before. The peer is a box of 100 of plotly's
    FigureWidget, given 60 s.
    """
    peer = plotly(place)
    for what, cells, cell in (
        ("100 cells", [LOAD, *[SHOW] * 100], -1),
        ("one box", [LOAD, BOX], 1),
    ):
        with place.book(cells) as book:
            book.probe("layOut")
            book.run(0)
            before = book.heap()
            took = book.probe("run", cell, "players", 100)
            painted, inked = book.probe("ink", -1)
            heap = book.heap() - before
            faults = book.errors
        note = f"{inked} of {painted} canvases hold ink, console errors: {said(faults)}"
        yield Figure(
            f"100 players, {what}, until all are painted",
            None if took is None else took / 1000,
            "s",
            most(5),
            peer=peer[0],
            note=note if took else f"not all painted within 60 s; {note}",
        )
        yield Figure(f"100 players, {what}, heap", heap, "MB", most(150), peer=peer[1])
    yield from as_they_come(place)


def as_they_come(place: Place) -> Iterator[Figure]:
    """100 cells with JupyterLab's own settings, scrolled through."""
    with place.book([LOAD, *[SHOW] * 100]) as book:
        book.run(0)
        took = book.probe("run", -1, "mounted", 100)
        at_once = book.probe("ink", -1)[0]
        visits = book.probe("visit", -1)
        faults = book.errors
    times = [ms for ms in visits if ms is not None]
    what = "100 players, 100 cells as JupyterLab lays them out"
    yield Figure(
        f"{what}, until all are there",
        None if took is None else took / 1000,
        "s",
        most(5),
        note=f"{at_once} canvases painted by then; console errors: {said(faults)}",
    )
    yield Figure(
        f"{what}, into sight to painted, worst",
        max(times, default=None) if len(times) == 100 else None,
        "ms",
        None,
        note=f"{len(times)} of {len(visits)} were painted, median {median(times or [0]):.0f} ms",
    )


def said(faults: list[str]) -> str:
    """Console errors, the first in words."""
    return f"{len(faults)}, the first {faults[0][:150]!r}" if faults else "none"


def plotly(place: Place) -> tuple[str, str]:
    """How 100 FigureWidgets fare: time or how many were painted in 60 s, and the heap."""
    if place.peers is None or not place.peers.has("plotly"):
        return "", ""
    name = place.peers.named("plotly")
    with place.book([PLOTLY], kernel="peers") as book:
        before = book.heap()
        drawn = ".js-plotly-plot .scatterlayer .trace"
        took = book.probe("run", 0, "present", 100, drawn)
        painted = book.probe("count", drawn)
        heap = book.heap() - before
    words = f"{took / 1000:.1f} s" if took else f"{painted} painted in 60 s"
    return f"{name}: {words}", f"{name}: {heap:,.0f} MB"


STREAM = """
import time
import numpy as np
made = []
def stream(seconds: float = 9.0):
    "Stream: 100 KB a frame, 200 frames a second."
    x = np.random.default_rng(0).random((160, 160), dtype=np.float32)
    end = time.time() + seconds
    while time.time() < end:
        x = np.roll(x, 1, axis=1)
        made.append(time.time() * 1000)
        yield {"x": x}
        time.sleep(0.005)
"""
FREE = '''
import anywidget, time, traitlets
class Free(anywidget.AnyWidget):
    _esm = """
export default { render({ model, el }) {
  globalThis.late = [];
  model.on("msg:custom", ({ at }, [x]) => globalThis.late.push(Date.now() - at));
  el.className = "free";
} };
"""
free = Free()
'''
FLOOD = """
x = bytes(102_400)
for k in range(1000):
    free.send({"at": time.time() * 1000}, [x])
"""


def streaming(place: Place) -> Iterator[Figure]:
    """Frames of 100 KB made 200 times a second, shown as a heatmap for five seconds.

    The algorithm notes when it made each frame; the page notes after each paint which place it
    showed; the difference is the latency. Memory is what grew between the start of the run and its
    end, the kernel's beyond the trace that it keeps on purpose. The peer is an anywidget that sends
    1,000 frames of the same size as fast as it can. The browser's driver mirrors every
    message, which costs both.
    """
    peer = free_running(place)
    with place.book([LOAD + STREAM, "run = mlwidgets.play(stream)\nrun"]) as book:
        book.run(0)
        book.run(1)
        player = opened(book, 1, "Stream")
        player.choose("Pace", "full speed")
        before = memory(book)
        player.play()
        player.advances(5)
        book.tap()
        watched = book.probe("watch", 1, 5000, False)
        volume = total(book.tap()) / 5
        book.wait_for("run.status", "done")
        made = json.loads(book.eval("__import__('json').dumps(made)"))
        frames = [int(n) for n in json.loads(book.eval("list(map(int, run.trace.frames))"))]
        wait_until(lambda: player.last == len(frames) - 1, "the last frame arrives")
        kept = float(book.eval("run.trace.nbytes")) / 1e6
        after = memory(book)
    late = [at - made[frames[p]] for (_, q), (at, p) in pairwise(watched["seen"]) if p != q]
    grown = {name: after[name] - before[name] for name in after}
    grown["kernel"] -= kept
    fps = len(late) / 5
    yield Figure(
        "100 KB frames, painted a second", fps, "fps", least(30),
        note=f"{volume / 1e6:.1f} MB a second on the wire = {volume / max(1, fps) / 1024:.0f} KB "
        "for each painted frame; the last frame arrived",
    )  # fmt: skip
    yield Figure(
        "100 KB frames, from yield to paint, p50", median(late), "ms", most(20), peer=peer,
        note=f"p95 {quantiles(late, n=20)[-1]:.0f} ms, worst {max(late):.0f} ms",
    )  # fmt: skip
    yield Figure(
        "100 KB frames, memory that grew", sum(grown.values()), "MB", None,
        note=", ".join(f"{name} {value:+.0f}" for name, value in grown.items())
        + f" MB; the trace of {len(frames):,} frames itself {kept:.0f}",
    )  # fmt: skip


def memory(book: Tapped) -> dict[str, float]:
    return {
        "kernel": book.kernel_memory(),
        "server": book.server_memory(),
        "JavaScript heap": book.heap(),
    }


def free_running(place: Place) -> str:
    """An anywidget that sends 100 KB as fast as it can: how late what arrives is."""
    with place.book([FREE, "free", FLOOD]) as book:
        book.run(0)
        book.probe("run", 1, "present", 1, ".free")
        book.run(2, wait=False)  # its end may be among what is dropped
        with suppress(TimeoutError):  # Jupyter drops what is too much: then fewer arrive
            wait_until(lambda: book.page.evaluate("late.length") == 1000, "all arrive", 30)
        late = book.page.evaluate("late")
    if not late:
        return "free-running anywidget: none of 1,000 arrived in 30 s"
    return (
        f"free-running anywidget: p50 {number(median(late))} ms, worst {number(max(late))} ms, "
        f"{len(late):,} of 1,000 arrived in 30 s"
    )


TOGETHER = """
players = [mlwidgets.play("rl.q_learning", episodes=40, epsilon=1.0, seed=k) for k in range(20)]
import ipywidgets
ipywidgets.VBox([run.player for run in players])
"""


def messages(place: Place) -> Iterator[Figure]:
    """Messages a second from the kernel while 20 players run at full speed.

    Every message on the iopub channel that the page receives is counted, with the time of its
    arrival; the figure is the most within any one second. Then all runs end, and each page must
    hold its run's last frame and the cell must have been told that it is idle.
    """
    with place.book([LOAD, TOGETHER, "for run in players: run.start()"]) as book:
        book.run(0)
        book.probe("run", 1, "players", 1)
        book.probe("listen")
        book.run(2)
        over = "all(run.status == 'done' for run in players)"
        wait_until(lambda: book.eval(over) == "True", "all runs end", 240)
        lengths = json.loads(book.eval("[len(run.trace) - 1 for run in players]"))
        for k, last in enumerate(lengths):
            wait_until(
                partial(arrived_at, book, k, last), f"the page of run {k} has its last frame"
            )
        idle = not book.is_running(2)
        arrived = sorted(at for at, kind in book.probe("heard") if kind.startswith("comm"))
    busiest = max(bisect_left(arrived, at + 1000) - k for k, at in enumerate(arrived))
    seconds = (arrived[-1] - arrived[0]) / 1000
    yield Figure(
        "messages in the busiest second, 20 players at full speed", busiest, "", most(200),
        peer="Jupyter drops silently above 1,000",
        note=f"{len(arrived) / seconds:.0f} a second on average over {seconds:.1f} s; last frame "
        f"in {len(lengths)} of {len(lengths)} pages; cell idle: {'yes' if idle else 'NO'}",
    )  # fmt: skip


def arrived_at(book: Tapped, k: int, last: int) -> bool:
    return bool(book.probe("newest", 1, k) == last)


STATE = """
def state():
    import ctypes, gc, json, psutil, threading
    from contextlib import suppress
    from ipywidgets.widgets.widget import _instances
    gc.collect()
    before = psutil.Process().memory_info().rss
    with suppress(OSError, AttributeError):  # what glibc keeps for the next run is no leaving
        ctypes.CDLL(None).malloc_trim(0)
    return json.dumps({
        "comms": len(get_ipython().kernel.comm_manager.comms),
        "models": [type(w).__name__ for w in _instances.values()],
        "threads": threading.active_count(),
        "runs": len(mlwidgets.runs()) if "mlwidgets" in globals() else 0,
        "rss": psutil.Process().memory_info().rss,
        "untrimmed": before,
    })
"""
PLAYED = "mlwidgets.play('rl.q_learning').wait()"
FIGURE = "go.FigureWidget([go.Scatter(y=list(range(100)))])"


def reexecution(place: Place) -> Iterator[Figure]:
    """The same cell executed again and again: what each execution leaves behind in the kernel.

    Counted after a collection, from the tenth execution to the last: comms, threads, live runs, and
    the kernel's resident memory divided by the executions, once glibc has given back what it keeps
    of what was freed; how much it grew before that is in the note. Once with a player that is only
    opened, once with a run that was played to its end (its trace is 8 MB). Each is painted before
    the next.
    """
    times = place.executions
    peers = []
    for name, first, cell in (
        ("IntSlider", "import ipywidgets", "ipywidgets.IntSlider()"),
        ("FigureWidget", "import plotly.graph_objects as go", FIGURE),
    ):
        if name == "FigureWidget" and (place.peers is None or not place.peers.has("plotly")):
            continue
        kernel = "peers" if name == "FigureWidget" else "python3"
        selector = ".js-plotly-plot" if name == "FigureWidget" else ".widget-slider"
        left = executed(place, first, cell, min(times, 30), ("present", 1, selector), kernel)
        peers.append((name, left))
    yield from leavings("opened", executed(place, LOAD, SHOW, times, ("players", 1)), peers)
    few = min(times, 30)
    yield from leavings("played", executed(place, LOAD, PLAYED, few, ("players", 1)), [])


def leavings(what: str, left: dict[str, Any], peers: list[tuple[str, Any]]) -> Iterator[Figure]:
    lines: tuple[tuple[str, str, float, str], ...] = (
        ("comms", "live comms of the cell's own", 2, ""),
        ("runs", "live runs", 1, ""),
        ("threads", "threads more than at the tenth", 0, ""),
        ("each", "kB each", 20, "kB"),
    )
    for key, words, bar, unit in lines:
        asked: Bar | None = most(bar)
        beside = "; ".join(f"{name} {number(found[key])} {unit}".rstrip() for name, found in peers)
        note = left["note"] if key in ("comms", "each") else ""
        yield Figure(
            f"a cell executed {left['times']} times, {what}: {words}",
            left[key], unit, asked, peer=beside, note=note,
        )  # fmt: skip


def executed(
    place: Place,
    first: str,
    cell: str,
    times: int,
    shown: Shown,
    kernel: str = "python3",
) -> dict[str, Any]:
    """What so many executions of a cell leave behind."""
    with place.book([first + STATE, cell], kernel) as book:
        book.run(0)
        begun = json.loads(book.eval("state()"))
        states: list[dict[str, Any]] = []
        heaps: list[float] = []
        for k in range(times):
            if book.probe("run", 1, *shown) is None:
                raise RuntimeError(f"execution {k} was not painted in 60 s")
            if k in (9, times - 1):
                states.append(json.loads(book.eval("state()")))
                heaps.append(book.heap())
    early, late = states[0], states[-1]
    between = max(1, times - 10)
    hidden = int("Chunk" in late["models"])
    comms = late["comms"] - begun["comms"] - hidden
    return {
        "times": times,
        "comms": comms,
        "runs": late["runs"],
        "threads": late["threads"] - early["threads"],
        "each": (late["rss"] - early["rss"]) / 1000 / between,
        "note": f"{hidden} more comm is the kernel's one copy of the JavaScript; "
        f"{(late['comms'] - early['comms']) / between:.2f} comms more each time; "
        f"JavaScript heap {(heaps[-1] - heaps[0]) * 1000 / between:+.0f} kB each; "
        f"{late['threads']} threads; with what glibc keeps "
        f"{(late['untrimmed'] - early['untrimmed']) / 1000 / between:+.0f} kB each",
    }
