"""What a service is checked against: the model itself, the statuses HTTP has for it, numpy."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mlwidgets import Reference

from .asked import Log, script
from .models import Floats, Served
from .service import Together, quantile
from .serving import Service
from .web import app_of

MOST = 20  # rows of a request
TIMES = np.random.default_rng(0).exponential(size=997)
SHARES = (0.0, 0.5, 0.95, 0.99, 1.0)
KEY = "a token"
STATUSES = {
    "is it there?": 200,
    "one row": 200,
    "three rows": 200,
    "a text for a number": 422,
    "a feature is missing": 422,
    "a feature too many": 422,
    "out of range": 422,
    "not a number": 422,
    "no rows": 422,
    "too many rows": 422,
    "no JSON": 422,
    "a token that is wrong": 401,
    "no token": 401,
    "a body too long": 413,
    "another method": 405,
}


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """The model with its ranges, rows of it, and the requests that both are asked."""
    served = Served.of(params["model"], params["data"], params["slack"])
    rng = np.random.default_rng(params["seed"])
    X = served.rows[rng.integers(0, len(served.rows), size=MOST)]
    return {"served": served, "X": X, "script": script(served, MOST, rng)}


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """By requests over HTTP."""
    served, together = given["served"], Together(given["served"], 8)
    with Service(lambda token: app_of(served, token, MOST, together), token=KEY) as service:
        log = Log(service)
        statuses = [log.call(*one)["status"] for one in given["script"]]
        headers = {**log.headers}
        body = json.dumps({"rows": served.named(given["X"])})
        _, answer, _ = service.call(("POST", "/predict", headers, body))
    return told(json.loads(answer), statuses) | {
        "quantiles of latency": np.array([quantile(TIMES.tolist(), q) for q in SHARES])
    }


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """By the model, by what each status means, and by numpy."""
    answer = asked_directly(given["served"].model, given["X"])
    quantiles = np.quantile(TIMES, SHARES, method="inverted_cdf")
    return told(answer, [*STATUSES.values()]) | {"quantiles of latency": quantiles}


def asked_directly(model: Any, X: Floats) -> dict[str, Any]:
    """What an estimator predicts, or a module computes, of rows (n, feature)."""
    if hasattr(model, "predict"):
        sure = model.predict_proba(X) if hasattr(model, "predict_proba") else None
        return {"answers": np.ravel(model.predict(X)), "probabilities": sure}
    import torch

    weight = next(model.parameters())
    with torch.no_grad():
        scores = model(torch.tensor(X, dtype=weight.dtype, device=weight.device)).cpu().numpy()
    several = scores.ndim > 1 and scores.shape[1] > 1
    return {"answers": scores.ravel(), "probabilities": scores if several else None}


def told(answer: dict[str, Any], statuses: list[int]) -> dict[str, Any]:
    sure = answer["probabilities"]
    shown = answer["answers"] if sure is None else sure
    return {"answers": np.array(shown, dtype=float), "statuses": np.array(statuses)}


def shapes(rng: np.random.Generator, case: int) -> dict[str, Any]:
    """A classifier, or of every third a regression, of some features."""
    from sklearn.linear_model import LinearRegression, LogisticRegression

    n, d = 40, int(rng.integers(1, 7))
    X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-2, 3)
    y = np.arange(n) % int(rng.integers(2, 5))
    model = (LinearRegression if case % 3 == 2 else LogisticRegression)().fit(X, y)
    return {"model": model, "data": {f"column {k}": X[:, k] for k in range(d)}}


service_compared = Reference(
    of="the model itself, the statuses of RFC 9110, numpy.quantile",
    needs=("fastapi", "scikit-learn"),
    tolerance={"answers": 1e-10, "statuses": 0.0, "quantiles of latency": 1e-10},
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=shapes,
)
