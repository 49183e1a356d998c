r"""Drift monitoring: many columns at once, alarms corrected for their number, a trigger.

Benjamini & Hochberg (1995), "Controlling the false discovery rate: a practical and powerful
approach to multiple testing", Journal of the Royal Statistical Society B 57, 289-300.
doi:10.1111/j.2517-6161.1995.tb02031.x

    D = \max_v |F(v) - G(v)|                                       (1)  of a quantity
    \chi^2 = \sum \frac{(O - E)^2}{E}                              (2)  of categories
    \tilde p_i = \min(1, K p_i)                                    (3)  Bonferroni
    \tilde p_{(i)} = \min(1, \max_{j \le i} (K - j + 1) p_{(j)})   (4)  Holm
    \tilde p_{(i)} = \min(1, \min_{j \ge i} \frac{K}{j} p_{(j)})   (5)  Benjamini and Hochberg
    \mathrm{share} = \frac{1}{K} |\{i: \tilde p_i \le \alpha\}|     (6)  above threshold: retrain?

Where: reference table of training; current table in service, in order of time; column column to
look at; alpha level; correction correction; window batches compared together; threshold share of
alarms that counts; patience batches in a row to trigger; adopt take the window as reference then;
null shuffle, to count chance; batches batches; drift drift put in, sd; onset from batch; noise
columns that never move; batch batches seen; D distance, of categories Cramér's V; p chance of it;
p_adjusted corrected; psi index; share share of alarms; alarms raised; chance by chance;
false_alarms false; missed missed; streak in a row; triggers triggers; worst distance; worst_names
columns; history evidence, -log10 of the corrected p; tracked columns; when batches; grid value; F
reference; G window; c contribution; ranges bins; shown column; said in words.

What to watch: Uncorrected, at 0.05 one of twenty columns that never move alarms, on average.

Try: correction=none noise=186  how many of two hundred columns cry wolf?
Try: drift=0.4 window=8  what does a longer window see, and how much later?
Try: adopt=true patience=3  what happens to the alarms after the trigger?
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

import mlwidgets as ml

from .chi_square import chi_square
from .columns import Column, counted, stream_of
from .kolmogorov import chance_of_two
from .monitor import DRIFT_VIEWS, Monitor, Seen
from .on_device import ks_each
from .ranks import Floats

Correction = Literal["none", "bonferroni", "holm", "benjamini-hochberg"]
Pair = tuple[Column, Floats, Floats]


def measured(pairs: list[Pair]) -> tuple[Floats, Floats]:
    """Of each column how far both samples are apart, in [0, 1], and p."""
    D, p = np.zeros(len(pairs)), np.ones(len(pairs))
    alike: dict[tuple[int, int], list[int]] = {}
    for k, (column, x, y) in enumerate(pairs):
        if column.names:
            _, p[k], D[k] = chi_square(counted(x, column.names), counted(y, column.names))  # (2)
        elif len(x) and len(y):
            alike.setdefault((len(x), len(y)), []).append(k)
    for (n, m), places in alike.items():
        D[places] = ks_each([pairs[k][1:] for k in places])  # (1)
        p[places] = chance_of_two(D[places], n, m)
    return D, p


def adjusted(p: Floats, correction: Correction) -> Floats:
    """What each p is worth where so many were looked at."""
    K, order = len(p), np.argsort(p)
    i = np.arange(1, K + 1)
    if correction == "none":
        return p
    if correction == "bonferroni":
        return np.minimum(K * p, 1)  # (3)
    if correction == "holm":
        ranked = np.maximum.accumulate((K - i + 1) * p[order])  # (4)
    else:
        ranked = np.minimum.accumulate((K / i * p[order])[::-1])[::-1]  # (5)
    found = np.empty(K)
    found[order] = np.minimum(ranked, 1)
    return found


LIVE = ("column", "alpha", "correction")


class Step(Seen):
    batch: Annotated[int, ml.Unit(total="batches")]
    share: Annotated[float, ml.Metric(better="lower")]
    streak: int
    triggers: int


@ml.algorithm(*DRIFT_VIEWS, step="batch", total="batches")
def drift_system(
    reference: ml.Table | None = None,
    current: ml.Table | None = None,
    column: ml.Live[str] = "",
    alpha: ml.Live[Annotated[float, ml.Range(1e-6, 0.5, log=True)]] = 0.05,
    correction: ml.Live[Correction] = "benjamini-hochberg",
    window: ml.Live[Annotated[int, ml.Range(1, 100)]] = 3,
    threshold: ml.Live[ml.Rate] = 0.2,
    patience: ml.Live[Annotated[int, ml.Range(1, 50)]] = 3,
    adopt: ml.Live[bool] = False,
    null: ml.Live[bool] = True,
    batches: Annotated[int, ml.Range(1, 1000)] = 40,
    drift: Annotated[float, ml.Range(0, 3)] = 1.0,
    onset: Annotated[int, ml.Range(1, 1000)] = 15,
    noise: Annotated[int, ml.Range(0, 2000)] = 6,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    rng = np.random.default_rng(seed)
    stream = stream_of(reference, current, rng, batches, onset, drift, noise)
    watch, streak, triggers = Monitor(stream, batches), 0, 0

    def judged(p: Floats, alpha: float, correction: Correction) -> tuple[Floats, float]:
        p_adjusted = adjusted(p, correction)
        return p_adjusted, float((p_adjusted <= alpha).mean())  # (6)

    for batch in range(1, batches + 1):
        rows = watch.rows(batch, window)
        D, p = measured(watch.pairs(rows))
        p_adjusted, share = judged(p, alpha, correction)
        watch.count(batch, rows, p_adjusted, alpha)
        if null:
            shuffled = measured(watch.dealt(rows, rng))[1]
            watch.by_chance.append(int((adjusted(shuffled, correction) <= alpha).sum()))
        streak = streak + 1 if share >= threshold else 0
        triggers += streak == patience
        seen = watch.frame(rows, D, p, p_adjusted, alpha, column)
        frame = Step(**seen, batch=batch, share=share, streak=streak, triggers=triggers)
        if adopt and streak == patience:
            watch.adopt(rows)
            streak = 0
        column, alpha, correction, window, threshold, patience, adopt, null = yield frame
    live = column, alpha, correction

    def answer(name: str, value: Any) -> Step:
        asked: dict[str, Any] = {**dict(zip(LIVE, live, strict=True)), name: value}
        p_adjusted, share = judged(p, asked["alpha"], asked["correction"])
        seen = watch.frame(rows, D, p, p_adjusted, asked["alpha"], asked["column"])
        return Step(**seen, batch=batches, share=share, streak=streak, triggers=triggers)

    return ml.Done(watch.report(D, p, p_adjusted), **{k: partial(answer, k) for k in LIVE})
