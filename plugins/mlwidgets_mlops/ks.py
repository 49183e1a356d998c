r"""Kolmogorov-Smirnov test: two samples are unlike where their staircases stand furthest apart.

Smirnov (1939), "On the estimation of the discrepancy between empirical curves of distribution for
two independent samples", Bulletin of Moscow University 2, 3-16; the urn is that of Hodges (1958),
"The significance probability of the Smirnov two-sample test", Arkiv för Matematik 3, 469-486.
doi:10.1007/BF02589501

    F(v) = \frac{1}{n} \sum_i [x_i \le v]                              (1)  share of one sample
    G(v) = \frac{1}{m} \sum_j [y_j \le v]                              (2)  share of the second
    D = \max_v |F(v) - G(v)|                                           (3)  the measuring stick
    q_s(i) = \frac{i}{s} q_{s-1}(i-1) + \frac{s-i}{s} q_{s-1}(i)       (4)  exact: draws from an urn
    p_N = P(D_N \ge D) \to 2 \sum_k (-1)^{k-1} e^{-2 k^2 D^2 N}        (5)  of one; N = nm / (n+m)
    p^* = (1 + \sum_b [D^*_b \ge D]) / (1 + B)                         (6)  labels dealt anew

Where: first your sample; second your other; column measure of the wines; drawn dots drawn beside
them; shift second moved by, sd; decimals decimals kept; shuffles shuffles; D largest gap; F first;
G second; grid value; where place of the stick; stick the stick; place where it stands; dots values;
classes sample; null shuffles; gaps gap; at D; p_exact counted; p_limit limit; p_shuffled
shuffled; dealt shuffles done; said in words.

What to watch: The stick is the gap; p is how often the labels, dealt anew, leave one as long.

Try: decimals=0 column=ash  equal values make long steps: which p still holds?
Try: shift=1.5 column=alcohol  how far must the second be pushed until the stick is shortest?
Try: shuffles=100  how sure is a p of so few shuffles?

Of (5) the left side is computed, for N values; Kolmogorov's series on the right is its limit.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import numpy as np

import mlwidgets as ml

from .kolmogorov import by_urn, chance_of
from .pictures import GAPS, KS_VIEWS, STICK, Dotted, dotted, places, told
from .samples import NONE, Drawn, Floats, Sample, Wine, pair, share_up_to

AT_ONCE = 10  # shuffles of one frame
EXACT = 10_000_000  # steps of the urn; beyond them the limit is as good
LIVE = ("column", "drawn", "shift", "decimals")


class Step(Dotted):
    D: float
    grid: Annotated[list[float], "place"]
    F: Annotated[list[float], "place"]
    G: Annotated[list[float], "place"]
    where: Annotated[ml.Array, "dot"]
    stick: Annotated[ml.Array, "dot"]
    place: Annotated[ml.Array, "place"]
    null: Annotated[ml.Array, "bar"]
    gaps: Annotated[ml.Array, "bar"]
    at: Annotated[ml.Array, "gap"]
    p_exact: float | None
    p_limit: float
    p_shuffled: float | None
    dealt: Annotated[int, ml.Unit(total="shuffles")]
    said: str


class Gap:
    """Two samples, the stick between their staircases, and what shuffling has found so far."""

    def __init__(self, x: Floats, y: Floats) -> None:
        n, m = len(x), len(y)
        order = np.argsort(np.concatenate([x, y]))
        v = np.concatenate([x, y])[order]
        self.last = np.append(v[1:] != v[:-1], True)  # equal values are one place
        self.steps = np.where(order < n, m, -n)
        path = self.steps.cumsum()[self.last]  # n m (F - G), in whole numbers
        k = int(np.abs(path).argmax())
        self.gap, self.unit, self.dealt, self.as_long = int(abs(path[k])), n * m, 0, 0
        self.D, self.where = self.gap / (n * m), float(v[self.last][k])  # (3)
        self.p_exact = by_urn(self.gap, n, m) if (n + m) * n <= EXACT else None  # (4)
        self.p_limit = float(chance_of(self.D, n, m)[0])  # (5)
        top = max(1.25 * self.D, 2.5 * np.sqrt(1 / n + 1 / m))
        self.edges, self.null = np.linspace(0, top, GAPS + 1), np.zeros(GAPS)
        self.x, self.y = np.sort(x), np.sort(y)
        self.grid, self.dots = places(self.x, self.y, self.where), dotted(self.x, self.y)

    def shuffle(self, rng: np.random.Generator, times: int) -> None:
        """Deal the labels anew: where both samples are alike, any order is as likely."""
        dealt = rng.permuted(np.tile(self.steps, (times, 1)), axis=1)
        gaps = np.abs(dealt.cumsum(1)[:, self.last]).max(1)
        self.as_long += int((gaps >= self.gap).sum())
        self.dealt += times
        self.null += np.histogram(np.minimum(gaps / self.unit, self.edges[-1]), self.edges)[0]

    def seen(self) -> Step:
        lo, hi = (float(share_up_to(s, self.where)) for s in (self.x, self.y))
        p = (1 + self.as_long) / (1 + self.dealt) if self.dealt else None  # (6)
        return Step(
            **self.dots,
            D=self.D,
            grid=self.grid.tolist(),
            F=share_up_to(self.x, self.grid).tolist(),  # (1)
            G=share_up_to(self.y, self.grid).tolist(),  # (2)
            where=np.full(STICK, self.where),
            stick=np.linspace(lo, hi, STICK),
            place=np.array([self.where]),
            null=self.null,
            gaps=self.edges[:-1],
            at=np.array([self.D]),
            p_exact=self.p_exact,
            p_limit=self.p_limit,
            p_shuffled=p,
            dealt=self.dealt,
            said=told(self, p),
        )


@ml.algorithm(*KS_VIEWS, step="deal")
def ks(
    first: Sample | None = None,
    second: Sample | None = None,
    column: ml.Live[Wine] = "hue",
    drawn: ml.Live[Drawn] = NONE,
    shift: ml.Live[Annotated[float, ml.Range(-3, 3)]] = 0.0,
    decimals: ml.Live[Annotated[int, ml.Range(0, 8)]] = 8,
    shuffles: Annotated[int, ml.Range(10, 100_000)] = 2000,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    rng = np.random.default_rng(seed)
    live: tuple[Any, ...] = (column, drawn, shift, decimals)
    gap = Gap(*pair(first, second, *live))
    while True:
        now = yield gap.seen()
        if now != live:
            gap, live = Gap(*pair(first, second, *now)), now
        if gap.dealt >= shuffles:
            break
        times = min(max(min(AT_ONCE, 500_000 // len(gap.steps)), 1), shuffles - gap.dealt)
        gap.shuffle(rng, times)

    def answer(name: str, value: Any) -> Step:
        asked = dict(zip(LIVE, live, strict=True)) | {name: value}
        other = Gap(*pair(first, second, *asked.values()))
        other.shuffle(np.random.default_rng(seed), min(shuffles, 1 + 5_000_000 // len(other.steps)))
        return other.seen()

    return ml.Done(gap.seen(), **{name: partial(answer, name) for name in LIVE})
