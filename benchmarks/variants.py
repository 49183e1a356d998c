"""The row of a figure whose parameters still work without a kernel, beside Panel's embedding."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlwidgets
from benchmarks.exported import offline
from benchmarks.figures import Figure, most
from benchmarks.place import Place
from mlwidgets import Frames, algorithm

NAMES, VALUES = "abcd", [k / 10 for k in range(11)]

# Panel computes the label for every state, and keeps each: the page is then without a kernel, too.
PANEL = """
import json, os, sys, time
import panel as pn
from bokeh.resources import INLINE
pn.extension()
values = [k / 10 for k in range(11)]
controls = [pn.widgets.DiscreteSlider(name=name, options=values) for name in "abcd"]
label = pn.bind(lambda a, b, c, d: f"{a} {b} {c} {d}", *controls)
begun = time.perf_counter()
page = pn.Column(*controls, label)
page.save(sys.argv[1], embed=True, max_states=20_000, max_opts=11, resources=INLINE)
print(json.dumps([time.perf_counter() - begun, os.path.getsize(sys.argv[1])]))
"""


@algorithm
def label(a: float = 0.0, b: float = 0.0, c: float = 0.0, d: float = 0.0) -> Frames[Any]:
    """A label: all four parameters in a line."""
    yield {"label": f"{a} {b} {c} {d}"}


def vary(place: Place) -> Iterator[Figure]:
    """One label of four parameters with eleven values each: 14,641 runs in one file.

    From the call to the file on the disk. Quality: each of a hundred states, spread over all,
    shows in the opened page what the function gives. The peer does the same with `embed=True`.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "label.html")
        run = mlwidgets.play(label).wait()
        begun = time.perf_counter()
        run.export(path, vary=dict.fromkeys(NAMES, VALUES))
        seconds, size = time.perf_counter() - begun, path.stat().st_size
        right, asked = shown(place, path)
        theirs = panel(place, Path(folder, "panel.html"))
    note = f"{right} of 100 states shown as computed, {asked} requests"
    peer = "" if theirs is None else f"{place.peers.named('panel')} {theirs[0]:.1f} s"  # type: ignore[union-attr]  # they are there
    what = "4 parameters x 11 values, without a kernel"
    yield Figure(f"{what}: until written", seconds, "s", most(10), peer=peer, note=note)
    peer = "" if theirs is None else f"{theirs[1] / 1e6:.2f} MB, its scripts within"
    yield Figure(f"{what}: the file", size / 1e6, "MB", most(1), peer=peer)


def shown(place: Place, path: Path) -> tuple[int, int]:
    """How many of a hundred states are right, and what the page asks for beside itself."""
    context, asked = offline(place)
    page = context.new_page()
    page.goto(path.as_uri())
    right = 0
    for k in range(100):
        state = [(7 * k + 3 * j) % 11 for j in range(4)]
        for name, at in zip(NAMES, state, strict=True):
            page.get_by_role("slider", name=name, exact=True).fill(str(at))
        wanted = " ".join(str(VALUES[at]) for at in state)
        page.get_by_text(wanted, exact=True).first.wait_for()
        right += 1
    context.close()
    return right, len([url for url in asked if url.startswith("http")])


def panel(place: Place, path: Path) -> tuple[float, int] | None:
    """Seconds and bytes of the peer's page; None where it is not installed."""
    if place.peers is None or not place.peers.has("panel"):
        return None
    line = [str(place.peers.python), "-c", PANEL, str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    seconds, size = json.loads(done.stdout.strip().splitlines()[-1])
    return float(seconds), int(size)
