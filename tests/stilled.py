"""A run for each kind of view: small, uneven, every value known, so that a wrong still shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mlwidgets import (
    Bars,
    Board,
    Confusion,
    Curve,
    Grid,
    Heads,
    Heatmap,
    Line,
    Picture,
    Pictures,
    Run,
    Scatter,
    Tokens,
    Values,
    Words,
    play,
)
from mlwidgets.views import View

FRAMES = 12
WORDS = ["the", "cat", "that", "chased", "the", "mouse", "slept"]
GRID = Grid("....#.", "..#...", "S..CCG")

Frame = dict[str, Any]


def smooth(k: int) -> Frame:
    return {"a": float(np.sin(k / 2) * k), "b": float(k)}


def half(k: int) -> Frame:
    """One of two columns has no value in any frame."""
    return {"there": float(k), "absent": None}


def episodes(k: int) -> Frame:
    return {"reward": float(np.cos(k) - k), "episode": k // 3}


def falling(k: int) -> Frame:
    return {"loss": 3.0 * 10 ** (-k / 3)}


def broken(k: int) -> Frame:
    """Absent, then "none yet", then values of which some are none."""
    values = [None, np.nan, 1.0, 4.0, np.nan, 2.0, 2.5, np.inf, 1.0, 0.5, np.nan, np.nan]
    return {"loss": values[k], "step": k}


def holed(k: int) -> Frame:
    M = leaning(k)["M"].copy()
    M[2:4, k : k + 2] = np.nan
    return {"M": M}


def leaning(k: int) -> Frame:
    """A matrix whose rows, columns and frames all differ."""
    r, c = np.indices((7, 9))
    return {"M": np.sin((r * (k + 3) + 2 * c) / 9.0) * (r + 1)}


def positive(k: int) -> Frame:
    r, c = np.indices((20, 30))
    return {"M": (r * 2 + c + 5 * k) % 23 + 1.0}


def learned(k: int) -> Frame:
    rng = np.random.default_rng(3)
    Q = -rng.random((18, 4)) * (k + 1)
    Q[: 18 - k - 3] = 0
    return {"Q": Q, "state": (5 * k) % 18}


def few(k: int) -> Frame:
    p = np.array([0.1, -0.4, 0.8, 0.2]) + k * np.array([0.1, 0.1, -0.05, -0.1])
    return {"p": p, "names": ["one", "two", "three", "four"]}


def many(k: int) -> Frame:
    return {"p": np.sin(np.arange(60) / 7 + k)}


def numbers(k: int) -> Frame:
    return {"loss": 1 / (k + 3), "step": k, "done": k > 5, "said": f"frame {k}"}


def text(k: int) -> Frame:
    return {"said": " ".join(WORDS * (k + 1))}


def attending(k: int) -> Frame:
    rng = np.random.default_rng(k)
    scores = rng.normal(size=(5, 7, 7)) * (1 + np.arange(5)[:, None, None])
    w = np.exp(scores) * np.tril(np.ones((7, 7)))
    names = [f"head {h}" for h in range(5)]
    return {"W": w / w.sum(-1, keepdims=True), "tokens": WORDS, "names": names}


def weighed(k: int) -> Frame:
    return {"tokens": WORDS, "w": np.arange(7) * 0.1 + 0.02 * k}


def seen(k: int) -> Frame:
    r, c = np.indices((14, 10))
    return {"x": ((r - k) ** 2 + 2 * c) / 200.0}


def coloured(k: int) -> Frame:
    r, c = np.indices((14, 10))
    planes = [r * 18 % 256, c * 25 % 256, (r + c + 10 * k) * 9 % 256]
    return {"x": np.stack(planes, axis=-1).astype(np.uint8)}


def mapped(k: int) -> Frame:
    n, r, c = np.indices((12, 6, 6))
    return {"x": np.cos((n + 1) * r / 3 + c * (k + 1) / 5)}


def mistaken(k: int) -> Frame:
    n, r, c = np.indices((5, 6, 6))
    return {"x": ((n + r * 2 + c + k) % 7) / 6, "said": [f"{k} as {j}" for j in range(3 + k % 3)]}


def confused(k: int) -> Frame:
    rng = np.random.default_rng(k)
    C = rng.integers(0, 6, size=(6, 6))
    C[np.diag_indices(6)] += 40
    return {"C": C}


def fitting(k: int) -> Frame:
    """A function, its band, a second one, points and rules that move."""
    grid = np.linspace(-2, 3, 80)
    mean = np.sin(grid * (1 + k / 8))
    some = grid[:: 9 + k % 3]
    return {
        "grid": grid,
        "f": mean,
        "sd": 0.1 + 0.3 * np.abs(np.sin(grid + k)),
        "g": np.cos(grid) * 0.8 - k / 20,
        "X": [*some],
        "y": [*(np.sin(some) + 0.1)],
        "next": float(grid[5 * k + 3]),
    }


def stepping(k: int) -> Frame:
    grid = np.arange(12.0)
    return {"F": np.minimum(1, grid / (5 + k))}


def clustered(k: int) -> Frame:
    """Points of three classes, marks that come one by one, and the way of one."""
    rng = np.random.default_rng(1)
    z = np.arange(90) % 3
    xy = np.array([[0, 0], [4, 1], [1, 3.0]])[z] + rng.normal(0, 0.7, (90, 2))
    marks = np.array([[0.0, 0], [4, 1], [1, 3], [2, 2]]) + 0.1 * k
    marks[3 - k // 4 :] = np.nan
    trail = np.stack([np.linspace(0, 3, 12), np.sin(np.linspace(0, 3 + k, 12))], axis=1)
    return {"xy": xy, "z": (z + k) % 3, "mu": marks, "way": trail}


def divided(k: int) -> Frame:
    """Regions of classes under values, over an extent of its own."""
    r, c = np.indices((24, 30))
    xy = np.random.default_rng(2).uniform(-1, 1, (40, 2)) * [30, 1]
    field = ((c + k) // 9 + (r > 3 + k)) % 4
    return {"xy": xy, "v": xy[:, 1] * k, "field": field, "over": np.array([-30.0, 40, -1, 1.5])}


def flowing(k: int) -> Frame:
    r, c = np.indices((9, 11))
    at = np.stack([c.ravel() / 5 - 1, r.ravel() / 4 - 1], axis=1)
    by = np.stack([-at[:, 1], at[:, 0] * (1 + k)], axis=1)
    return {"xy": at[::7] * 0.9, "S": by, "at": at, "f": np.hypot(r - k, c - 3.0)}


LABELS = ["cat", "dog", "fox", "hen", "owl", "pig"]
CASES: dict[str, tuple[Callable[[int], Frame], View]] = {
    "line": (smooth, Line("a", "b")),
    "line-absent": (half, Line("there", "absent")),
    "line-units": (episodes, Line("reward", x="episode", each="sum", mean=2, hue="error")),
    "line-log": (falling, Line("loss", log=True)),
    "line-nonfinite": (broken, Line("loss", mean=2)),
    "curve": (
        fitting,
        Curve("f", "g", x="grid", band="sd", dots=("X", "y"), at="next"),
    ),
    "curve-steps": (stepping, Curve("F", steps=True, lo=0, hi=1)),
    "heatmap-nonfinite": (holed, Heatmap("M")),
    "heatmap-signed": (leaning, Heatmap("M")),
    "heatmap": (positive, Heatmap("M")),
    "board": (learned, Board("Q", agent="state")),
    "bars": (few, Bars("p", labels="names")),
    "bars-many": (many, Bars("p")),
    "values": (numbers, Values("loss", "step", "done", "said")),
    "words": (text, Words("said")),
    "heads": (attending, Heads("W", heads="names")),
    "tokens": (weighed, Tokens("tokens", weight="w")),
    "image": (seen, Picture("x")),
    "image-ink": (seen, Picture("x", shade="ink")),
    "image-colour": (coloured, Picture("x")),
    "images": (mapped, Pictures("x")),
    "images-captions": (mistaken, Pictures("x", labels="said", shade="light")),
    "scatter": (
        clustered,
        Scatter("xy", labels="z", marks="mu", trail="way", names=["owl", "fox", "hen"]),
    ),
    "scatter-regions": (divided, Scatter("xy", values="v", field="field", over="over")),
    "scatter-arrows": (
        flowing,
        Scatter("xy", field="f", arrows="S", arrows_at="at", lo=-1.2, hi=1.2, axes=["u", "v"]),
    ),
    "confusion": (confused, Confusion("C", labels=LABELS)),
}


def run_of(case: str) -> Run:
    """A run of the case, at its end; its view is shown alone."""
    frame, view = CASES[case]

    def shown() -> Iterator[Frame]:
        for k in range(FRAMES):
            yield frame(k)

    def on_a_grid(grid: Grid = GRID) -> Iterator[Frame]:
        yield from shown()

    return play(on_a_grid if view.kind == "board" else shown, views=view).wait()
