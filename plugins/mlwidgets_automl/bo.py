r"""Bayesian optimization: the lowest value of a costly function, in as few evaluations as can be.

Snoek, Larochelle & Adams (2012), "Practical Bayesian optimization of machine learning algorithms",
Advances in Neural Information Processing Systems 25, 2951-2959. doi:10.48550/arXiv.1206.2944

    z_i = (y_i - \bar y) / s_y                                   (1) what the surrogate sees
    f \mid z \sim \mathcal{GP}_\theta, \; \theta = \arg\max \log p(z)  (2) the surrogate: automl.gp
    x_{n+1} = \arg\max_x a(\mu(x), \sigma(x))                    (3) next: automl.acquisition
    y_{n+1} = f(x_{n+1})                                         (4) the costly part
    r_n = \min_{i \le n} y_i - \min_x f(x)                       (5) regret

Where: objective what is minimised; bounds lowest and highest of each input; acquisition what
chooses; beta weight of doubt in ucb; picks look here; veto never look here; points both, on a plane
of two inputs; moved the next, dragged on it; across inputs shown; alone search without you, too;
first evaluations before a model; evaluations evaluations; evaluation evaluations done; said what
happened; ahead what is evaluated next; best with you; rival alone; regret with you; rival_regret
alone; grid input; truth the function itself; mean posterior mean; band two standard deviations;
gain acquisition, of its highest; x inputs seen; y outputs seen; next the next evaluation; xy inputs
seen; values outputs seen; place the next evaluation; surface posterior mean; worth acquisition, of
its highest; extent ends of the window; axes inputs shown; inputs names of the inputs; lengths
length scale of each input, of its range.

What to watch: Between two points the band swells, and the acquisition with it; an evaluation pins
both down. Click where you would look: the search without you goes on beside yours.

Try: acquisition=ucb beta=25  what does it do while doubt counts for so much?
Try: objective=branin  two inputs and three valleys as deep: does it find them all?
Try: objective=digits_svm evaluations=15  how many settings must be tried for a good machine?
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

import mlwidgets as ml

from .acquisition import NONE, worth_of
from .dense import Floats
from .figures import SEARCHES, Searched, figure_of
from .gp import GP, matern
from .hand import Hand
from .objectives import FORRESTER, Objective, bounded
from .searching import Search, everywhere

LIVE = ("acquisition", "beta", "picks", "veto", "points", "moved")
PAIR = [0, 1]
EMPTY = ml.Points()
Bounds = list[list[float]]
Marked = Annotated[ml.Points, ml.PointsKind(classes=2, most=100)]
Lowest = Annotated[float, ml.Metric(better="lower")]


class Step(Searched):
    evaluation: Annotated[int, ml.Unit(total="evaluations")]
    best: Lowest
    rival: float
    said: str
    ahead: str


def surrogate(X: Floats, z: Floats, theta: Floats) -> GP:
    return GP(X, z, theta, matern)


@ml.algorithm(*SEARCHES, step="evaluation")
def bo(
    objective: Objective = FORRESTER,
    bounds: Bounds | None = None,
    acquisition: ml.Live[Literal["ei", "pi", "ucb"]] = "ei",
    beta: ml.Live[Annotated[float, ml.Range(0, 25)]] = 4.0,
    picks: ml.Live[list[float]] = NONE,
    veto: ml.Live[list[float]] = NONE,
    points: ml.Live[Marked] = EMPTY,
    moved: ml.Live[Marked] = EMPTY,
    across: Annotated[list[int], "inputs shown"] = PAIR,
    alone: bool = True,
    first: Annotated[int, ml.Range(1, 64)] = 3,
    evaluations: Annotated[int, ml.Range(1, 500)] = 18,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    f = bounded(objective, bounds or [])
    figure, hand = figure_of(f, across), Hand(f, across)
    search = Search(f, seed)
    rival: Search | None = None
    design = search.design(first)

    def proposed(search: Search) -> tuple[GP, Floats, str]:
        model = search.learn(surrogate)  # (1) (2)
        n, allowed = len(search.y), everywhere if search is rival else hand.allowed(veto, points)
        if n < first and allowed(design[n : n + 1])[0]:
            return model, design[n], "the first design"
        x = search.highest(model, worth_of(acquisition, beta), allowed)  # (3)
        return model, x, acquisition

    def seen(model: GP, x: Floats, who: str) -> Step:
        best = search.best, (rival or search).best
        frame = Step(
            evaluation=len(search.y),
            best=best[0],
            rival=best[1],
            said=search.said,
            ahead=f"{search.call(x)}; chosen by {who}",
            **figure.drawn(
                *(search, model, worth_of(acquisition, beta), acquisition != "ucb", x),
                hand.allowed(veto, points),
            ),
        )
        if np.isfinite(f.lowest):
            frame["regret"], frame["rival_regret"] = best[0] - f.lowest, best[1] - f.lowest  # (5)
        return frame

    def advance(x: Floats, who: str) -> None:
        nonlocal rival
        x, who = hand.asked(hand.wanted(picks, points, moved), x, who)
        if who == "you" and alone and rival is None:
            rival = search.twin()
        if rival:
            rival.evaluate(*proposed(rival)[1:])
        search.evaluate(x, who)  # (4)

    for n in range(evaluations + 1):
        model, x, who = proposed(search)
        before = acquisition, beta, veto, points
        acquisition, beta, picks, veto, points, moved = yield seen(model, x, who)
        if n == evaluations:
            break
        if (acquisition, beta, veto, points) != before:
            _, x, who = proposed(search)
        advance(x, who)

    def more(name: str, value: Any) -> Step:
        """A frame of what is changed when all is over; a place that is clicked is evaluated."""
        nonlocal acquisition, beta, picks, veto, points, moved
        now: list[Any] = [acquisition, beta, picks, veto, points, moved]
        now[LIVE.index(name)] = value
        acquisition, beta, picks, veto, points, moved = now
        if hand.fresh(hand.wanted(picks, points, moved)):
            advance(*proposed(search)[1:])
        return seen(*proposed(search))

    return ml.Done(search.found, **{name: partial(more, name) for name in LIVE})
