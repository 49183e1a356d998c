"""What a service is checked against: the model itself, starlette's test client, numpy."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from mlwidgets import Reference

from .asked import Log, script
from .models import Served
from .service import Together, quantile
from .serving import Service
from .web import app_of

MOST = 20  # rows of a request
TIMES = np.random.default_rng(0).exponential(size=997)
SHARES = (0.0, 0.5, 0.95, 0.99, 1.0)
KEY = "a token"


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
    return told(json.loads(answer), served, statuses) | {
        "quantiles of latency": np.array([quantile(TIMES.tolist(), q) for q in SHARES])
    }


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """By the model, by starlette's test client, which opens no port, and by numpy."""
    from fastapi.testclient import TestClient

    served = given["served"]
    client = TestClient(app_of(served, KEY, MOST, Together(served, 8)))
    known = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    statuses = [
        client.request(method, path, headers={**known, **headers}, content=body).status_code
        for _, (method, path, headers, body) in given["script"]
    ]
    labels, sure = served.answer(given["X"])
    quantiles = np.quantile(TIMES, SHARES, method="inverted_cdf")
    answer = {"answers": labels, "probabilities": sure}
    return told(answer, served, statuses) | {"quantiles of latency": quantiles}


def told(answer: dict[str, Any], served: Served, statuses: list[int]) -> dict[str, Any]:
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
    of="the model itself, fastapi.testclient.TestClient, numpy.quantile",
    needs=("fastapi", "scikit-learn"),
    tolerance={"answers": 1e-10, "statuses": 0.0, "quantiles of latency": 1e-10},
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=shapes,
)
