"""Heads made by hand, so that attention over any sentence shows something without training.

Nothing here is learned. A token is a vector of its letters and of its place:

- letters: every run of two or three letters, and the whole word, hashed to a place and a sign, so
  that words with letters in common lie near each other ("cat", "sat", "mat"; case is ignored);
- marks: one feature that is always 1, one that is 1 for punctuation;
- place: the sines and cosines of Vaswani et al. (2017), section 3.5.

The first heads each compare one of these, by projections that are built for it; those after them
("chance") are random. Values and the last projection are random for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from mlwidgets import ParamError

Floats = npt.NDArray[np.floating[Any]]

LETTERS, MARKS, PLACE = 62, 2, 32
D_MODEL = LETTERS + MARKS + PLACE
WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
WAVES = 4  # pairs of sine and cosine that a head of places compares: the fastest


def split(text: str) -> list[str]:
    """Words and punctuation marks."""
    return WORD.findall(text)


def embed(tokens: list[str]) -> Floats:
    """A vector for each token, (T, d_model)."""
    X = np.zeros((len(tokens), D_MODEL))
    for t, token in enumerate(tokens):
        X[t, :LETTERS] = letters(token.lower())
        X[t, LETTERS:-PLACE] = 1.0, not token[0].isalnum()
    X[:, -PLACE:] = places(len(tokens))
    return X


def letters(word: str) -> Floats:
    """Its runs of letters, hashed: words that share many have a large product."""
    bounded = f"<{word}>"
    runs = [bounded[k : k + n] for n in (2, 3) for k in range(len(bounded) - n + 1)] + [bounded]
    x = np.zeros(LETTERS)
    for run in runs:
        code = crc32(run.encode())
        x[code % LETTERS] += 1.0 if code & 1 << 20 else -1.0
    return x / max(float(np.linalg.norm(x)), 1e-9)


def places(T: int) -> Floats:
    """Sine and cosine of each place, (T, PLACE)."""
    angles = np.arange(T)[:, None] * waves()  # (T, PLACE/2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(T, PLACE)


def waves() -> Floats:
    return 10_000.0 ** (-np.arange(0, PLACE, 2) / PLACE)


class Weights(NamedTuple):
    """The projections of all heads."""

    W_Q: Any  # (H, d_model, d_k)
    W_K: Any  # (H, d_model, d_k)
    W_V: Any  # (H, d_model, d_k)
    W_O: Any  # (H d_k, d_model)


Pair = tuple[Floats, Floats]  # W_Q and W_K of a head, (d_model, d_k) each
Maker = Callable[[int, np.random.Generator], Pair]


def empty(d_k: int) -> Pair:
    return np.zeros((D_MODEL, d_k)), np.zeros((D_MODEL, d_k))


def by_letters(size: float) -> Maker:
    """Score `size` for a word and itself, less for one that shares some letters."""

    def make(d_k: int, rng: np.random.Generator) -> Pair:
        W_Q, W_K = empty(d_k)
        W_K[:LETTERS] = axes(LETTERS, d_k, rng)
        W_Q[:LETTERS] = size * d_k**0.5 * W_K[:LETTERS]
        return W_Q, W_K

    return make


def axes(n: int, d: int, rng: np.random.Generator) -> Floats:
    """A random projection to d features that keeps products, on average, (n, d)."""
    turned: Floats = np.linalg.qr(rng.standard_normal((max(n, d), max(n, d)))).Q
    kept: Floats = turned[:n, :d] * max(1.0, n / d) ** 0.5
    return kept


def by_place(shift: int, size: float) -> Maker:
    """Score `size` for the token so many places on; turning every wave by its angle shifts it."""

    def make(d_k: int, rng: np.random.Generator) -> Pair:
        W_Q, W_K = empty(d_k)
        pairs = min(WAVES, d_k // 2)
        for j, wave in enumerate(waves()[:pairs]):
            at, to = D_MODEL - PLACE + 2 * j, slice(2 * j, 2 * j + 2)
            c, s = np.cos(shift * wave), np.sin(shift * wave)
            W_K[at : at + 2, to] = np.eye(2)
            W_Q[at : at + 2, to] = size * d_k**0.5 / pairs * np.array([[c, -s], [s, c]])
        return W_Q, W_K

    return make


def by_marks(size: float) -> Maker:
    """Score `size` for punctuation, from everywhere."""

    def make(d_k: int, rng: np.random.Generator) -> Pair:
        W_Q, W_K = empty(d_k)
        W_Q[LETTERS, 0], W_K[LETTERS + 1, 0] = size * d_k**0.5, 1.0
        return W_Q, W_K

    return make


def by_letters_near(size: float) -> Maker:
    """Both at once: half of the features compare letters, half places."""

    def make(d_k: int, rng: np.random.Generator) -> Pair:
        half = d_k // 2
        scale = (d_k / half) ** 0.5
        (A, B), (C, D) = by_letters(size)(half, rng), by_place(0, size)(d_k - half, rng)
        return np.hstack([A * scale, C * scale]), np.hstack([B, D])

    return make


def by_chance(size: float) -> Maker:
    """Random: what a head is before it has learned."""

    def make(d_k: int, rng: np.random.Generator) -> Pair:
        W_Q, W_K = rng.standard_normal((2, D_MODEL, d_k)) * (size / 18) ** 0.5
        return W_Q, W_K  # |x|^2 is 18: letters 1, marks 1 or 2, places 16

    return make


HEADS: dict[str, Maker] = {
    "same letters": by_letters(5.0),
    "word before": by_place(-1, 16.0),
    "word after": by_place(1, 16.0),
    "nearby": by_place(0, 4.0),
    "marks": by_marks(5.0),
    "letters, nearby": by_letters_near(5.0),
    "chance": by_chance(4.0),
}


def kind(h: int) -> str:
    """What head h compares."""
    return list(HEADS)[min(h, len(HEADS) - 1)]


def switched_off(ablate: list[int], H: int) -> list[int]:
    """Each head of the list once. ParamError for one that is not of the H; the others are instead.

    H: 0 for the heads of a model, which stay as they are.
    """
    there = sorted({h for h in ablate if h < H})
    if wrong := [h for h in ablate if h >= H]:
        allowed = f"has no head {wrong[0]}, must be of 0 to {H - 1}"
        why = allowed if H else "a model's heads cannot be switched off, must be []"
        raise ParamError(f"ablate={ablate}: {why}", "ablate", instead=there)
    return there


def turned(pair: Pair, rng: np.random.Generator) -> Pair:
    """The same head, its features mixed and questions as long as offers: no score changes."""
    W_Q, W_K = pair
    mix = axes(W_K.shape[1], W_K.shape[1], rng)
    even = float(np.linalg.norm(W_K) / max(float(np.linalg.norm(W_Q)), 1e-9)) ** 0.5
    return W_Q @ mix * even, W_K @ mix / even


@lru_cache(maxsize=8)  # they depend on no text, and a text changes with every key
def weights(H: int, d_k: int, seed: int) -> Weights:
    """The projections of H heads; head h is the same whatever H is."""
    made = [np.random.default_rng([seed, h]) for h in range(H)]
    pairs = [turned(HEADS[kind(h)](d_k, rng), rng) for h, rng in enumerate(made)]
    W_V = [rng.standard_normal((D_MODEL, d_k)) / D_MODEL**0.5 for rng in made]
    W_O = [rng.standard_normal((d_k, D_MODEL)) / d_k**0.5 for rng in made]
    W_Q, W_K = zip(*pairs, strict=True)
    return Weights(np.stack(W_Q), np.stack(W_K), np.stack(W_V), np.concatenate(W_O))
