"""A served model beside plain FastAPI: 64 clients at once, the same model, the same checks.

Both run under uvicorn in this process, called by the same crowd in a process of its own. The peer
answers each request in a function of its own, as FastAPI's tutorial has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import numpy as np

import mlwidgets as ml
from benchmarks.side import Row, Timed
from mlwidgets_mlops.models import Served
from mlwidgets_mlops.service import Together, quantile
from mlwidgets_mlops.serving import Crowd, Service
from mlwidgets_mlops.web import app_of, batch_of

CLIENTS, REQUESTS, MOST = 64, 1600, 100


def plain_of(served: Served, token: str) -> Any:
    """FastAPI as its tutorial has it: a function for each request, in a thread of the pool."""
    from fastapi import Depends, FastAPI
    from fastapi.security import HTTPBearer
    from pydantic import BaseModel

    class Answers(BaseModel):
        answers: list[int | float | str]
        probabilities: list[list[float]] | None

    Rows: Any = batch_of(served, MOST)
    bearer = HTTPBearer()

    def predict(body: Any, given: Any) -> Answers:
        if given.credentials != token:
            raise PermissionError
        X = np.array([list(row.__dict__.values()) for row in body.rows], dtype=float)
        labels, sure = served.answer(X)
        return Answers(answers=labels, probabilities=sure)

    predict.__annotations__ = {"body": Rows, "given": Annotated[Any, Depends(bearer)]}
    app = FastAPI()
    app.post("/predict", response_model=Answers)(predict)
    return app


def called(served: Served, app: Callable[[str], Any]) -> Timed:
    """Seconds of the crowd's requests; the answers and the latencies that it saw."""
    with Service(app) as service, Crowd() as crowd:
        found = crowd.call(service, served.bodies(50), CLIENTS, REQUESTS, keep=True)
    if set(found["statuses"]) != {200}:
        raise RuntimeError(f"statuses {set(found['statuses'])}")
    return Timed(found["seconds"], found)


def rows(_device: str) -> Iterator[Row]:
    served = Served.of(None, None, 0.5)

    def ours() -> Timed:
        """Inside a recording run."""
        together = Together(served, CLIENTS)

        def service() -> ml.Frames[dict[str, float]]:
            found = called(served, lambda token: app_of(served, token, MOST, together))
            yield {"rate": REQUESTS / found.seconds}
            return ml.Done(found)

        found: Timed = ml.play(service).wait().result
        return found

    def theirs() -> Timed:
        return called(served, lambda token: plain_of(served, token))

    labels, _ = served.answer(served.rows[:50])

    def right(found: Any) -> float:
        """The share of answers that are the model's."""
        answers = [json.loads(text)["answers"][0] for text in found["answers"]]
        return float(np.mean([a == labels[k % 50] for k, a in enumerate(answers)]))

    def slowest(found: Any) -> float:
        return quantile(found["times"], 0.99)

    common: dict[str, Any] = {"peer": "plain FastAPI + uvicorn", "ours": ours, "theirs": theirs}
    yield Row(
        "mlops.fastapi",
        f"a scikit-learn pipeline, {CLIENTS} clients",
        bar=1.5,
        quality=right,
        judged="answers that are the model's",
        work=REQUESTS,
        unit="requests",
        **common,
    )
    yield Row(
        "mlops.fastapi",
        "p99 no worse",
        bar=1.0,
        quality=slowest,
        judged="p99 in ms",
        better="lower",
        **common,
    )
