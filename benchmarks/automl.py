"""A Gaussian process beside scikit-learn's, and a search beside botorch's and scikit-optimize's.

python -m benchmarks.side automl
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.side import Row, Timed, timed
from mlwidgets import Table, play
from mlwidgets_automl.climbing import bounds
from mlwidgets_automl.dense import ROUNDING
from mlwidgets_automl.objectives import KNOWN
from mlwidgets_automl.scenes import Rows
from mlwidgets_automl.searching import Search

Floats = npt.NDArray[np.float64]
INPUTS, SEEN, KEPT = 6, 1000, 250
ELL, S, SIGMA = 0.5, 1.0, 0.3  # where both climb from
SEEDS, FIRST, AFTER = 5, 10, 50
HARTMANN = KNOWN["hartmann6"]


@cache
def friedman() -> Floats:
    """Friedman's function of five of six inputs, with noise; every fifth row is for the test."""
    rng = np.random.default_rng(0)
    x = rng.random((SEEN + KEPT, INPUTS))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    return np.column_stack([x, y + 10 * x[:, 3] + 5 * x[:, 4] + rng.standard_normal(len(x))])


def rows_of_table() -> Rows:
    """The same rows, scaled as the algorithm scales them."""
    columns = friedman().T
    return Rows(Table({f"x{k}": column for k, column in enumerate(columns)}))


def ours_gp() -> Any:
    """A recording run from frame 0 to the top; its log p(y) and NLPD are those it shows."""
    with closing(play("automl.gp", data=friedman(), ell=ELL, s=S, sigma=SIGMA).wait()) as run:
        return float(run.trace["evidence"][-1]), float(run.trace["nlpd"][-1])


def sklearn_gp() -> Any:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    scene = rows_of_table()
    limits = np.exp(bounds(INPUTS))
    shape = Matern(np.full(INPUTS, ELL), limits[1:-1], nu=2.5)
    kernel = ConstantKernel(S**2, limits[0]) * shape + WhiteKernel(SIGMA**2, limits[-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a useless input's length scale reaches its bound
        fitted = GaussianProcessRegressor(kernel, alpha=ROUNDING).fit(scene.X, scene.y)
    mean, sd = fitted.predict(scene.X_kept, return_std=True)
    v = sd**2
    nlpd = (np.log(2 * np.pi * v * scene.spread**2) + (scene.y_kept - mean) ** 2 / v).mean() / 2
    return float(fitted.log_marginal_likelihood_value_), float(nlpd)


# the search: a pair is one seed, and the quality is the mean over the five --------------------

regrets: dict[str, dict[int, float]] = {"ours": {}, "botorch": {}, "skopt": {}}


def begun(seed: int) -> Floats:
    return Search(HARTMANN, seed).design(FIRST)


def ours_bo(seed: int) -> float:
    given: dict[str, Any] = {"first": FIRST, "evaluations": FIRST + AFTER, "seed": seed}
    with closing(play("automl.bo", objective="hartmann6", **given).wait()) as run:
        return float(run.trace["regret"][-1])


def botorch_bo(seed: int) -> float:
    """SingleTaskGP and qLogEI as botorch's tutorials set them."""
    import torch
    from botorch.acquisition.logei import qLogExpectedImprovement
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from botorch.optim.optimize import optimize_acqf
    from gpytorch.mlls import ExactMarginalLogLikelihood

    torch.manual_seed(seed)
    x = torch.tensor(begun(seed))
    y = torch.tensor([[-HARTMANN.at(place.numpy())[0]] for place in x]).double()
    box = torch.stack([torch.zeros(INPUTS), torch.ones(INPUTS)]).double()
    for _ in range(AFTER):
        model = SingleTaskGP(x, y)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        gain = qLogExpectedImprovement(model, best_f=y.max())
        new, _ = optimize_acqf(gain, bounds=box, q=1, num_restarts=10, raw_samples=512)
        x = torch.cat([x, new])
        y = torch.cat([y, torch.tensor([[-HARTMANN.at(new[0].numpy())[0]]]).double()])
    return float(-y.max()) - HARTMANN.lowest


def skopt_bo(seed: int) -> float:
    from skopt import gp_minimize

    first = begun(seed).tolist()
    found = gp_minimize(
        lambda x: HARTMANN.at(np.array(x))[0],
        [(0.0, 1.0)] * INPUTS,
        x0=first,
        n_calls=FIRST + AFTER,
        n_initial_points=0,
        acq_func="EI",
        random_state=seed,
    )
    return float(found.fun) - HARTMANN.lowest


def each(name: str, search: Any, warm: bool) -> Any:
    """A call of `search` for the next seed; the first is for warmth and is the first seed's."""
    seeds = count(-1 if warm else 0)

    def call() -> Timed:
        seed = max(0, next(seeds)) % SEEDS
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = timed(lambda: search(seed))
        regrets[name][seed] = found.result
        return Timed(found.seconds, name)

    return call


def mean_regret(name: str) -> float:
    return float(np.mean(list(regrets[name].values())))


def rows(device: str) -> Iterator[Row]:
    """The bars of the Gaussian process and of the search; both compute on the CPU alone."""
    yield Row(
        "automl.gp",
        f"Matérn 5/2 ARD, {INPUTS} inputs, n = {SEEN}, to the top",
        "scikit-learn",
        ours_gp,
        sklearn_gp,
        5,
        lambda found: found[1],
        "NLPD",
        "lower",
        1e-4,
        note=f"log p(y) {ours_gp()[0]:.6f}; the peer climbs from the same start in the same bounds",
        pairs=3,
    )
    searching = f"Hartmann-6, {AFTER} evaluations after {FIRST}, a pair for each of {SEEDS} seeds"
    for name, peer, search, bar in (
        ("botorch", "botorch qLogEI", botorch_bo, 10),
        ("skopt", "scikit-optimize EI", skopt_bo, 1),
    ):
        yield Row(
            "automl.bo",
            searching,
            peer,
            each("ours", ours_bo, True),
            each(name, search, True),
            bar,
            mean_regret,
            "mean regret",
            "lower",
            pairs=SEEDS,
        )
