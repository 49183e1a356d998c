r"""Population Stability Index: how far the shares of a few bins have moved, each bin on its own.

Kullback & Leibler (1951), "On information and sufficiency", Annals of Mathematical Statistics 22,
79-86. doi:10.1214/aoms/1177729694

    e_k = F^{-1}(k / \mathrm{bins})                                (1)  cuts at equal shares
    p_k = |\{x: e_{k-1} \le x < e_k\}| / n                         (2)  share of the reference
    P_k = \max(p_k, \mathrm{floor}) / \sum_l \max(p_l, \mathrm{floor})  (3)  none is empty; Q alike
    c_k = (Q_k - P_k) \ln \frac{Q_k}{P_k}                          (4)  what one bin contributes
    \mathrm{psi} = \sum_k c_k = KL(P, Q) + KL(Q, P)                (5)  and all of them
    \mathrm{noise} = (K - 1) (\frac{1}{n} + \frac{1}{m})           (6)  expected where nothing moved

Where: reference your sample; current your other, which comes in parts; column measure of the
patients, the younger half and the older; drawn dots drawn beside them; bins bins; kind bins of
equal; cuts your own cuts, instead; floor least share of a bin; batches parts; psi index; noise by
chance; P reference; Q current; edges value; at cuts; c contribution; ranges bins; by_bins index;
by_chance by chance; counts bins; chosen bins in force; dots values; classes sample; batch parts
that have come; said in words.

What to watch: Few values in many bins look unstable although nothing moved: the index is no test.

Try: bins=50  how much of it is noise?
Try: kind=width column=s4  where are the empty bins?
Try: floor=1e-6 kind=width  who decides about an empty bin?

Its name and its thresholds are those of credit scoring (Siddiqi, 2006).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

import mlwidgets as ml

from .pictures import PSI_VIEWS, Binned, binned, verdict
from .ranks import Floats, Ints, below, quantiles
from .samples import NONE, Drawn, Patient, Sample, parted, ranged, topped, widths

MOST = 50
COUNTS = np.arange(2.0, MOST + 1)
LIVE = ("column", "drawn", "bins", "kind", "cuts", "floor")


class Step(Binned):
    psi: float
    noise: float
    P: Annotated[list[float], "place"]
    Q: Annotated[list[float], "place"]
    c: Annotated[list[float], "bin"]
    by_bins: Annotated[ml.Array, "count"]
    by_chance: Annotated[ml.Array, "count"]
    counts: Annotated[ml.Array, "count"]
    chosen: Annotated[list[float], "count"]
    batch: Annotated[int, ml.Unit(total="batches")]
    said: str


def divided(x: Floats, bins: int, kind: str = "quantile", ordered: bool = False) -> Floats:
    """The cuts between so many bins; fewer where values are equal."""
    if kind == "width":
        return topped(widths(x, bins), x)
    return topped(np.unique(quantiles(x, np.arange(1, bins) / bins, ordered)), x)  # (1)


def share(less: Ints, n: int, floor: float) -> Floats:
    """Of the counts below each cut, the share of each bin; none is below the floor."""
    p: Floats = np.diff(less, prepend=0, append=n) / n  # (2)
    p = np.maximum(p, floor)
    P: Floats = p / p.sum()  # (3)
    return P


def parts(P: Floats, Q: Floats) -> Floats:
    return (Q - P) * np.log(Q / P)  # (4)


def psi_of(x: Floats, y: Floats, bins: int = 10, floor: float = 1e-4) -> float:
    """The index of two samples without NaN, in bins of equal shares of the first."""
    cuts = divided(x, bins)
    P, Q = (share(below(v, cuts), len(v), floor) for v in (x, y))
    return float(parts(P, Q).sum())  # (5)


@ml.algorithm(*PSI_VIEWS, step="batch", total="batches")
def psi(
    reference: Sample | None = None,
    current: Sample | None = None,
    column: ml.Live[Patient] = "bp",
    drawn: ml.Live[Drawn] = NONE,
    bins: ml.Live[Annotated[int, ml.Range(2, MOST)]] = 10,
    kind: ml.Live[Literal["quantile", "width"]] = "quantile",
    cuts: ml.Live[list[float]] = [],  # noqa: B006  never written to
    floor: ml.Live[Annotated[float, ml.Range(1e-8, 0.01, log=True)]] = 1e-4,
    batches: Annotated[int, ml.Range(1, 1000)] = 40,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    def seen(batch: int, x: Floats, y: Floats, bins: int, kind: str, own: Any, eps: float) -> Step:
        y = np.sort(y[: max(len(y) * batch // batches, 1)])
        n, m = len(x), len(y)

        def c_of(at: Floats) -> tuple[Floats, Floats, Floats]:
            P, Q = (share(np.searchsorted(v, at), len(v), eps) for v in (x, y))
            return P, Q, parts(P, Q)

        at = ranged(own) if own else divided(x, bins, kind, ordered=True)
        P, Q, c = c_of(at)
        K, per_bin = len(P), 1 / n + 1 / m
        psi = float(c.sum())  # (5)
        noise = (K - 1) * per_bin  # (6)
        by_bins = [c_of(divided(x, int(B), kind, ordered=True))[2].sum() for B in COUNTS]
        seen = binned(at, x, y)
        within = np.searchsorted(at, seen["edges"], side="right")  # the bin of each place
        return Step(
            **seen,
            psi=psi,
            noise=noise,
            P=P[within].tolist(),
            Q=Q[within].tolist(),
            c=[*c],
            by_bins=np.array(by_bins),
            by_chance=(COUNTS - 1) * per_bin,
            counts=COUNTS,
            chosen=[float(K)],
            batch=batch,
            said=verdict(psi, noise, n, m),
        )

    live: tuple[Any, ...] = (column, drawn, bins, kind, cuts, floor)
    x, y = parted(reference, current, column, drawn, seed)
    for batch in range(batches + 1):
        now = yield seen(batch, x, y, *live[2:])
        if now[:2] != live[:2]:
            x, y = parted(reference, current, now[0], now[1], seed)
        live = now

    def answer(name: str, value: Any) -> Step:
        asked = dict(zip(LIVE, live, strict=True)) | {name: value}
        column, drawn, *others = asked.values()
        return seen(batches, *parted(reference, current, column, drawn, seed), *others)

    return ml.Done(seen(batches, x, y, *live[2:])["psi"], **{k: partial(answer, k) for k in LIVE})
