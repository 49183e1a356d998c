"""The row of a run that is one file: what the page weighs, asks for, paints, and how soon."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import BrowserContext, Page

import mlwidgets
from benchmarks.figures import Figure, most, spread
from benchmarks.in_page import LOAD
from benchmarks.place import Place
from mlwidgets import Picture, Tokens, Values, Words

# Between them they have every kind of view: name, and the frames that are exported.
RUNS = {"rl.q_learning": 800, "nlp.attention": 6, "nlp.attention_viz": 3, "vision.cnn_digits": 12}

FIRST_PAINT = """() => {
  globalThis.firstPaint = new Promise((resolve) => {
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      CanvasRenderingContext2D.prototype.clearRect = clearRect;
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(0);
      });
      return clearRect.apply(this, box);
    };
  });
}"""

# Each figure's place in the player, and whether it holds ink, words or marks.
FIGURES = """() => [...document.querySelector(".mlwidgets").shadowRoot.querySelectorAll("figure")]
  .map((figure) => {
    figure.scrollIntoView();
    const plot = figure.querySelector(".plot");
    const inked = ([...plot.querySelectorAll("canvas")]).some((canvas) => {
      const { width, height } = canvas;
      const all = width && height && canvas.getContext("2d").getImageData(0, 0, width, height);
      return all && all.data.some((v, k) => k % 4 === 3 && v);
    });
    return inked || plot.textContent.trim() !== "" || plot.querySelector("svg path, img") !== null;
  })"""
STILL = "() => document.querySelectorAll('.output_svg svg, .jp-OutputArea svg').length"
PLAYABLE = """() => [...document.querySelectorAll(".mlwidgets")]
  .filter((host) => host.shadowRoot?.querySelector("input[type=range]")).length"""


def exported(place: Place) -> Iterator[Figure]:
    """Pages of runs, opened from disk without a network.

    The runtime is `page.js`, which every page carries, as gzip sends it. A request is whatever
    the page asks for beside its own file. A view is painted if its figure holds ink or words.
    Timed in the page, from the start of its loading to the first painted canvas. The peer: the
    notebook of the same run through nbconvert, which has no kernel either.
    """
    runtime = files("mlwidgets").joinpath("static", "page.js").read_bytes()
    yield Figure(
        "an exported page: its runtime, gzip", len(gzip.compress(runtime, 9)) / 1e3, "kB", most(150)
    )
    with TemporaryDirectory() as folder:
        pages = written(Path(folder))
        yield from opened(place, pages, converted(place))
        yield from long_run(place, Path(folder, "long.html"))


SEEK = """async (places) => {
  const root = document.querySelector(".mlwidgets").shadowRoot;
  const slider = root.querySelector("input[aria-label=Frame]");
  const times = [];
  for (const place of places) {
    await new Promise((go) => setTimeout(go, 50 + (7 * place) % 17)); // at any moment of a frame
    const start = performance.now();
    slider.value = String(place);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((go) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = go;
      port2.postMessage(0);
    }));
    times.push(performance.now() - start);
  }
  return times;
}"""


def long_run(place: Place, path: Path) -> Iterator[Figure]:
    """A page of 2,000 frames: how soon it paints, and how soon a frame that is gone to."""
    run = mlwidgets.play("rl.q_learning").step(2000)
    run.export(path)
    run.close()
    context, _ = offline(place)
    context.add_init_script(f"({FIRST_PAINT})()")
    first: list[float] = []
    seeks: list[float] = []
    for _ in range(place.times):
        page = context.new_page()
        page.goto(path.as_uri())
        first.append(float(page.evaluate("() => globalThis.firstPaint")))
        page.evaluate(SEEK, [1])
        seeks += page.evaluate(SEEK, [150 + 170 * (7 * k % 11) for k in range(11)])
        page.close()
    context.close()
    what = "an exported page of 2,000 frames"
    note = spread(first, "ms")
    yield Figure(f"{what}: open to first paint, best", min(first), "ms", most(300), note=note)
    note = f"{spread(seeks, 'ms')}; waiting for the page's animation frame included"
    yield Figure(f"{what}: seek, to the paint, median", median(seeks), "ms", most(16), note=note)


def small() -> Iterator[dict[str, Any]]:
    """What the algorithms have no view of."""
    for k in range(20):
        picture = np.arange(64.0).reshape(8, 8) * k
        said = f"step {k}"
        yield {"k": k, "said": said, "tokens": said.split(), "w": np.ones(2), "picture": picture}


SMALL = (Values("k"), Words("said"), Tokens("tokens", weight="w"), Picture("picture"))


@dataclass(frozen=True)
class Exported:
    """A page and the kinds of its figures, in their order."""

    path: Path
    kinds: list[str]


def written(folder: Path) -> dict[str, Exported]:
    """One page for each run."""
    runs = {name: mlwidgets.play(name) for name in RUNS}
    runs["small"] = mlwidgets.play(small, views=SMALL)
    pages = {}
    for name, run in runs.items():
        if run.status != "done":  # attention is shown whole
            run.step(RUNS.get(name, 10))
        path = folder / f"{name}.html"
        run.export(path)
        pages[name] = Exported(path, [view.kind for view in run.views])
        run.close()
    return pages


def offline(place: Place) -> tuple[BrowserContext, list[str]]:
    context = place.browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    return context, asked


def opened(place: Place, pages: dict[str, Exported], peer: str) -> Iterator[Figure]:
    """Each page, some times over."""
    context, asked = offline(place)
    context.add_init_script(f"({FIRST_PAINT})()")
    times: list[float] = []
    painted: dict[str, bool] = {}
    playing: set[str] = set()
    for name, made in pages.items():
        for _ in range(place.times):
            page = context.new_page()
            page.goto(made.path.as_uri())
            times.append(float(page.evaluate("() => globalThis.firstPaint")))
            for kind, done in zip(made.kinds, figures(page), strict=True):
                painted[kind] = painted.get(kind, True) and done
            playing |= {name} if page.evaluate(PLAYABLE) else set()
            page.close()
    context.close()
    own = {made.path.as_uri() for made in pages.values()}
    outside = [url for url in asked if url not in own and not url.startswith(("blob:", "data:"))]
    weights = {name: made.path.stat().st_size / 1e3 for name, made in pages.items()}
    sizes = ", ".join(f"{name} {weight:,.0f} kB" for name, weight in weights.items())
    yield Figure("an exported page: requests, beside itself", len(outside), "", most(0), note=sizes)
    blank = sorted(kind for kind, done in painted.items() if not done)
    yield Figure(
        "an exported page: kinds of view that stay blank",
        len(blank),
        "",
        most(0),
        note=f"of {len(painted)}: {', '.join(sorted(painted))}"
        + (f"; blank: {blank}" * bool(blank)),
    )
    yield Figure(
        "an exported page: open to first paint, best",
        min(times),
        "ms",
        most(1000),
        note=spread(times, "ms"),
    )
    yield Figure(
        f"an exported page: that can be played, of {len(pages)}", len(playing), "", peer=peer
    )


def figures(page: Page) -> list[bool]:
    """Whether each figure is painted; those that come into sight have two frames for it."""
    page.evaluate(FIGURES)
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    return [bool(done) for done in page.evaluate(FIGURES)]


def converted(place: Place) -> str:
    """The same run in a notebook, saved with its widgets, through nbconvert."""
    import nbformat
    from nbconvert import HTMLExporter

    with place.book([LOAD, "run = %ml rl.q_learning\nrun.step(800)\nrun"]) as book:
        book.run(0)
        book.probe("run", 1, "players", 1)
        book.save()
        source = book.server.root / book.name
        notebook = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]  # nbformat's
    exporter: Any = HTMLExporter()  # type: ignore[no-untyped-call]  # nbconvert's
    html, _ = exporter.from_notebook_node(notebook)
    target = source.with_suffix(".html")
    target.write_text(html, "utf-8", errors="replace")
    context, asked = offline(place)
    page = context.new_page()
    page.goto(target.as_uri(), wait_until="load")
    playable, stills = int(page.evaluate(PLAYABLE)), int(page.evaluate(STILL))
    context.close()
    outside = len([url for url in asked if url.startswith("http")])
    return f"nbconvert: {playable} of 1, {stills} still picture, {outside} requests"
