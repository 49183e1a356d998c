"""What AutoML is checked against: scikit-learn's Gaussian process, botorch's acquisitions."""

from __future__ import annotations

import warnings
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

import mlwidgets as ml

from .acquisition import log_ei, log_pi, ucb
from .bo import surrogate
from .climbing import Held, bounds
from .dense import ROUNDING
from .gp import GP, matern, process_of
from .objectives import bounded
from .scenes import scene_of
from .searching import Search, sure

EVIDENCE, SLOPE, TOP = "log p(y)", "its slope", "highest log p(y)"
MEAN, SD = "mean of y", "deviation of y"
NOISE = -7.0  # log sigma^2 of a surrogate: without, K is too near singular to be compared to 1e-10
PLACES = 50


def held(params: dict[str, Any]) -> dict[str, Any]:
    """The process with the hyperparameters given, what it looks at, and places to be told."""
    scene = scene_of(params["points"], params["data"], params["seed"])
    if not len(scene.y):
        raise ml.UncheckedError("nothing was seen")
    live = (params[name] for name in ("points", "kernel", "ell", "s", "sigma"))
    own = Held(process_of, scene, *live, True)
    rng = np.random.default_rng(params["seed"])
    return {"held": own, "x": rng.uniform(-1, 1, (PLACES, scene.inputs))}


def processed(given: dict[str, Any]) -> dict[str, Any]:
    """Ours."""
    own: Held = copy(given["held"])
    process = own.process
    found = {EVIDENCE: process.evidence, SLOPE: process.slope()}
    mean, sd = process.posterior(given["x"])
    found |= {MEAN: mean, SD: np.sqrt(sd**2 + process.sigma2)}
    while own.take(*own.now):
        pass
    return found | {TOP: own.process.evidence}


def of_sklearn(given: dict[str, Any]) -> dict[str, Any]:
    """Theirs, with the same bounds and from the same start."""
    process = given["held"].process
    fixed, best = regressor(process, optimizer=None), regressor(process)
    evidence, slope = fixed.log_marginal_likelihood(fixed.kernel_.theta, eval_gradient=True)
    mean, sd = fixed.predict(given["x"], return_std=True)
    top = best.log_marginal_likelihood_value_
    return {EVIDENCE: evidence, SLOPE: slope, MEAN: mean, SD: sd, TOP: top}


def regressor(process: GP, **said: Any) -> Any:
    """scikit-learn's process of the same hyperparameters, or climbed from them."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

    limits = np.exp(bounds(process.X.shape[1]))
    shape = RBF(process.ell, limits[1:-1])
    if process.shape is matern:
        shape = Matern(process.ell, limits[1:-1], nu=2.5)
    noise = WhiteKernel(process.sigma2, limits[-1])
    kernel = ConstantKernel(process.s2, limits[0]) * shape + noise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that a bound is reached is no fault
        made = GaussianProcessRegressor(kernel, alpha=ROUNDING, **said)
        return made.fit(process.X, process.y)


def some(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """A few points, or a table of one to five inputs, and hyperparameters."""
    n, d = int(rng.integers(1, 25)), int(rng.integers(1, 6))
    X = rng.uniform(-1, 1, (n + 12, d))
    y = np.sin(3 * X).sum(1) + 0.1 * rng.standard_normal(len(X))
    seen = {"data": np.column_stack([X, y])} if k % 2 else {"points": rng.uniform(-3, 3, (n, 2))}
    return {
        **seen,
        "kernel": ("matern", "rbf")[k // 2 % 2],
        "ell": float(rng.uniform(0.2, 2)),
        "s": float(rng.uniform(0.3, 3)),
        "sigma": float(rng.uniform(0.05, 0.5)),
        "seed": k,
    }


sklearn_gp = ml.Reference(
    "sklearn.gaussian_process.GaussianProcessRegressor",
    tolerance={
        EVIDENCE: (1e-10, 1e-10),
        SLOPE: (1e-10, 1e-10),
        MEAN: (1e-10, 1e-10),
        SD: (1e-10, 1e-10),
        TOP: (1e-6, 1e-6),
    },
    inputs=held,
    ours=processed,
    theirs=of_sklearn,
    random=some,
    needs=("scikit-learn", "scipy"),
)


def evaluated(params: dict[str, Any]) -> dict[str, Any]:
    """Some evaluations of the objective, a surrogate of them, and places to be told."""
    ends = params["bounds"] if "bounds" in params else [[params["low"], params["high"]]]
    search = Search(bounded(params["objective"], ends or []), params["seed"])
    for x in search.design(8):
        search.evaluate(x, "the reference")
    theta = search.learn(surrogate).theta
    theta[-1] = NOISE
    model = surrogate(search.X, search.z, theta)
    x = np.random.default_rng(params["seed"]).random((PLACES, search.inputs))
    return {"model": model, "x": x, "params": params}


def priced(given: dict[str, Any]) -> dict[str, Any]:
    """Ours: the posterior, and what the acquisitions make of it."""
    model: GP = given["model"]
    mean, sd = sure(*model.posterior(given["x"]))
    best, beta = float(model.y.min()), given["params"]["beta"]
    log, *slopes = log_ei(mean, sd, best)
    return {
        EVIDENCE: model.evidence,
        MEAN: mean,
        "log EI": log,
        "slopes of log EI": np.stack(slopes),
        "EI": np.exp(log),
        "PI": np.exp(log_pi(mean, sd, best)[0]),
        "slopes of log PI": np.stack(log_pi(mean, sd, best)[1:]),
        "UCB": ucb(mean, sd, best, beta)[0],
    }


def of_botorch(given: dict[str, Any]) -> dict[str, Any]:
    """Theirs: botorch's acquisitions, and autograd's slopes, of our deviation."""
    import torch

    with warnings.catch_warnings():  # what botorch's own imports are warned of
        warnings.simplefilter("ignore")
        from botorch.acquisition import analytic
        from botorch.utils.testing import MockModel, MockPosterior

    model: GP = given["model"]
    fixed = regressor(model, optimizer=None)
    best, beta = torch.tensor([model.y.min(), given["params"]["beta"]], dtype=torch.float64)
    mean, sd = (torch.tensor(v, requires_grad=True) for v in sure(*model.posterior(given["x"])))
    posterior = MockPosterior(mean=mean[:, None, None], variance=(sd**2)[:, None, None])
    places = torch.zeros(len(mean), 1, 1, dtype=torch.float64)

    def of(kind: Any, **said: Any) -> Any:
        with warnings.catch_warnings():  # that log EI is the better one to climb: we do
            warnings.simplefilter("ignore")
            return kind(MockModel(posterior), maximize=False, **said)(places)

    log_ei_, log_pi_ = (
        of(kind, best_f=best)
        for kind in (analytic.LogExpectedImprovement, analytic.LogProbabilityOfImprovement)
    )
    slopes = [
        torch.stack(torch.autograd.grad(log.sum(), [mean, sd], retain_graph=True))
        for log in (log_ei_, log_pi_)
    ]
    found = {
        "log EI": log_ei_,
        "EI": of(analytic.ExpectedImprovement, best_f=best),
        "PI": of(analytic.ProbabilityOfImprovement, best_f=best),
        "UCB": of(analytic.UpperConfidenceBound, beta=beta),
        "slopes of log EI": slopes[0],
        "slopes of log PI": slopes[1],
    }
    return {
        EVIDENCE: fixed.log_marginal_likelihood_value_,
        MEAN: fixed.predict(given["x"]),
        **{name: value.detach().numpy() for name, value in found.items()},
    }


def line(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """An end of Forrester's function, and a weight of doubt."""
    ends = {"low": float(rng.uniform(-1, 0)), "high": float(rng.uniform(0.5, 2))}
    return {**ends, "beta": float(rng.uniform(0, 25)), "seed": k}


def search(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Functions of one, two and six inputs."""
    name = ("forrester", "branin", "hartmann6")[k % 3]
    return {"objective": name, "beta": float(rng.uniform(0, 25)), "seed": k}


AGREES = {
    EVIDENCE: (1e-10, 1e-10),
    **dict.fromkeys((MEAN, "log EI", "EI", "PI", "UCB"), (1e-10, 1e-10)),
    **dict.fromkeys(("slopes of log EI", "slopes of log PI"), (1e-10, 1e-9)),
}
botorch_line = ml.Reference(
    "botorch.acquisition.analytic and sklearn.gaussian_process.GaussianProcessRegressor",
    tolerance=AGREES,
    inputs=evaluated,
    ours=priced,
    theirs=of_botorch,
    random=line,
    needs=("botorch", "scikit-learn"),
)
botorch_search = replace(botorch_line, random=search)
