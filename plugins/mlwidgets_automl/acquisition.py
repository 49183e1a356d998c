r"""Acquisition function: what the next evaluation is worth, by what is known and by what is not.

Jones, Schonlau & Welch (1998), "Efficient global optimization of expensive black-box functions",
Journal of Global Optimization 13, 455-492. doi:10.1023/A:1008306431147

    u = (y^* - \mu - \xi) / \sigma                        (1) gain, in standard deviations
    \mathrm{PI} = \Phi(u)                                 (2) probability of improvement
    \mathrm{EI} = \sigma \, (\varphi(u) + u \, \Phi(u))   (3) expected improvement
    \log \mathrm{EI} = \log \sigma + \log(\varphi(u) + u \, \Phi(u))  (4) which never underflows
    \mathrm{UCB} = -\mu + \sqrt{\beta} \, \sigma          (5) confidence bound, of what is minimised
    x_{n+1} = \arg\max_x a(x)                             (6) the next evaluation

y*, mu and sigma, and with them xi, are of z = (y - mean) / deviation of the values so far.

Where: objective what is minimised; low left end; high right end;
picks where you would look: click to add; follow the one that chooses where you do not; xi least
gain asked for, of z; beta weight of doubt; ell length scale; evaluations evaluations; evaluation
evaluations done; said what happened; best lowest value found; grid input; truth the
function itself; mean posterior mean; band two standard deviations; pi probability of improvement;
ei expected improvement; bound confidence bound; x inputs seen; y outputs seen; pi_at its highest;
ei_at its highest; bound_at its highest; next the next evaluation.

What to watch: All three see the same posterior and disagree: PI stays beside the best value, UCB
goes where least is known, EI weighs both.

Try: follow=pi xi=0  does it ever leave the first valley?
Try: follow=ucb beta=20  how long does it look around before it settles?
Try: ell=0.02  what is a point worth when it tells nothing about its neighbours?
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

import mlwidgets as ml

from .dense import Floats
from .figures import ACQUISITIONS, Line, Priced, lowest
from .gp import GP, matern
from .hand import Hand
from .objectives import FORRESTER, Objective, between
from .searching import Search, Slopes, Worth, sure

ROOT = np.sqrt(2 * np.pi)
FAR = -300.0  # below it the tail's series is the more exact
NONE: list[float] = []
LIVE = ("picks", "follow", "xi", "beta", "ell")


class Step(Priced):
    evaluation: Annotated[int, ml.Unit(total="evaluations")]
    best: Annotated[float, ml.Metric(better="lower")]
    said: str


def log_h(u: Floats) -> Floats:
    """log(phi(u) + u Phi(u)), also where the sum itself would be lost to rounding."""
    near, t = np.maximum(u, -1), np.minimum(u, -1)
    sum_ = np.log(np.exp(-(near**2) / 2) / ROOT + near * ndtr(near))
    tail = np.log1p(np.maximum(t, FAR) * ROOT / 2 * erfcx(-np.maximum(t, FAR) / np.sqrt(2)))
    tail = np.where(t < FAR, np.log1p(15 / t**4 - 3 / t**2) - 2 * np.log(-t), tail)
    return np.where(u > -1, sum_, tail - t * t / 2 - np.log(ROOT))  # type: ignore[no-any-return]


def density(u: Floats, log: Floats) -> Floats:
    """phi(u) over what has this logarithm."""
    return np.exp(-u * u / 2 - log) / ROOT  # type: ignore[no-any-return]  # scipy has no types


def log_pi(mu: Floats, sd: Floats, best: float, xi: float = 0.0) -> Slopes:
    u = (best - mu - xi) / sd  # (1)
    log = log_ndtr(u)  # (2)
    slope = density(u, log) / sd
    return log, -slope, -slope * u


def log_ei(mu: Floats, sd: Floats, best: float, xi: float = 0.0) -> Slopes:
    u = (best - mu - xi) / sd
    log = log_h(u)  # (3)
    return np.log(sd) + log, -np.exp(log_ndtr(u) - log) / sd, density(u, log) / sd  # (4)


def ucb(mu: Floats, sd: Floats, best: float, beta: float = 4.0) -> Slopes:
    doubt = np.sqrt(beta)
    return -mu + doubt * sd, -np.ones_like(mu), np.full_like(sd, doubt)  # (5)


def worth_of(name: str, beta: float, xi: float = 0.0) -> Worth:
    """What is climbed; of EI and PI their logarithms, which are highest where they are."""
    if name == "ucb":
        return partial(ucb, beta=beta)
    return partial({"ei": log_ei, "pi": log_pi}[name], xi=xi)


@ml.algorithm(*ACQUISITIONS, step="evaluation")
def acquisition(
    objective: Objective = FORRESTER,
    low: float = 0.0,
    high: float = 1.0,
    picks: ml.Live[list[float]] = NONE,
    follow: ml.Live[Literal["ei", "pi", "ucb"]] = "ei",
    xi: ml.Live[Annotated[float, ml.Range(0, 1)]] = 0.01,
    beta: ml.Live[Annotated[float, ml.Range(0, 25)]] = 4.0,
    ell: ml.Live[Annotated[float, ml.Log(0.01, 1)]] = 0.15,
    evaluations: Annotated[int, ml.Range(1, 60)] = 15,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    search = Search(between(objective, low, high), seed)
    line, hand = Line(search.f), Hand(search.f)
    first = [(x, "the first design") for x in search.design(2)]

    def seen() -> tuple[Step, dict[str, Floats]]:
        model = GP(search.X, search.z, np.log([1.0, ell, 1e-6]), matern)
        mu, sd = sure(*model.posterior(line.unit))
        a = {
            name: worth_of(name, beta, xi)(mu, sd, lowest(model))[0] for name in ("pi", "ei", "ucb")
        }
        tops = {name: line.unit[a[name].argmax()] for name in a}  # (6)
        x = first[0][0] if first else tops[follow]
        drawn = line.priced(search, mu, sd, a, tops, x)
        done = len(search.y)
        return Step(evaluation=done, best=search.best, said=search.said, **drawn), tops

    for n in range(evaluations + 1):
        frame, tops = seen()
        picks, follow, xi, beta, ell = yield frame
        if n == evaluations:
            break
        x, who = first.pop(0) if first else (tops[follow], follow)
        search.evaluate(*hand.asked(picks, x, who))

    def more(name: str, value: Any) -> Step:
        """A frame of what is changed when all is over; a place that is clicked is evaluated."""
        nonlocal picks, follow, xi, beta, ell
        now: list[Any] = [picks, follow, xi, beta, ell]
        now[LIVE.index(name)] = value
        picks, follow, xi, beta, ell = now
        if hand.fresh(picks):
            search.evaluate(*hand.asked(picks, search.X[-1], follow))
        return seen()[0]

    return ml.Done(search.found, **{name: partial(more, name) for name in LIVE})
