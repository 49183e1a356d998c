"""What is asked of a service, good and bad, and the log of what it answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

import numpy as np

import mlwidgets as ml

from .models import Served
from .serving import Request, Service
from .web import BODY

QUANTILES = np.linspace(0.0, 1.0, 101)
SHOWN = 2_000  # characters of a body or an answer
JSON_TYPE = {"Content-Type": "application/json"}


class Asked(TypedDict):
    """What is told of one request, whoever made it."""

    request: str
    asked: str
    status: int
    documented: bool
    answer: str
    latency: Annotated[float | None, ml.Measured]
    codes: list[str]
    counts: Annotated[list[int], "status"]
    sent: Annotated[int, ml.Unit(total="requests")]
    openapi: str
    url: Annotated[str, ml.Measured]


class Loaded(TypedDict):
    """What is told of a crowd; none before there was one."""

    share: Annotated[ml.Array, "quantile"]
    times: Annotated[ml.Array, "quantile", ml.Measured]
    p50: Annotated[float | None, ml.Measured]
    p95: Annotated[float | None, ml.Measured]
    p99: Annotated[float | None, ml.Measured]
    rate: Annotated[float | None, ml.Measured]
    L: Annotated[float | None, ml.Measured]
    together: Annotated[float | None, ml.Measured]


def unloaded() -> Loaded:
    """Before the crowd, and of one that nobody answered."""
    return Loaded(
        share=QUANTILES,
        times=np.full(len(QUANTILES), np.nan),
        p50=None,
        p95=None,
        p99=None,
        rate=None,
        L=None,
        together=None,
    )


def script(served: Served, most: int, rng: np.random.Generator) -> list[tuple[str, Request]]:
    """Requests that should be answered, and those that should not, each with its name."""
    rows = served.named(served.rows[rng.permutation(len(served.rows))[:3]])
    first, name = rows[0], served.names[0]

    def post(body: Any) -> Request:
        return "POST", "/predict", {}, body if isinstance(body, str) else json.dumps(body)

    beyond = served.hi[0] + max(1.0, abs(served.hi[0]))
    unknown = post({"rows": [first]})
    return [
        ("is it there?", ("GET", "/health", {}, "")),
        ("one row", post({"rows": [first]})),
        ("three rows", post({"rows": rows})),
        ("a text for a number", post({"rows": [{**first, name: "long"}]})),
        ("a feature is missing", post({"rows": [{k: v for k, v in first.items() if k != name}]})),
        ("a feature too many", post({"rows": [{**first, "colour": 1.0}]})),
        ("out of range", post({"rows": [{**first, name: beyond}]})),
        ("not a number", post(json.dumps({"rows": [{**first, name: float("nan")}]}))),
        ("no rows", post({"rows": []})),
        ("too many rows", post({"rows": [first] * (most + 1)})),
        ("no JSON", post("rows = 1")),
        ("a token that is wrong", (*unknown[:2], {"Authorization": "Bearer guessed"}, unknown[3])),
        ("no token", (*unknown[:2], {"Authorization": ""}, unknown[3])),
        ("a body too long", post(" " * (BODY + 1))),
        ("another method", ("GET", "/predict", {}, "")),
    ]


class Log:
    """Calls a service, and remembers how often it answered what."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.seen: Counter[int] = Counter()
        key = {"Authorization": f"Bearer {service.token}"}
        self.headers = {**JSON_TYPE, **key}
        self.openapi = service.call(("GET", "/openapi.json", {}, ""))[1]
        self.paths: dict[str, Any] = json.loads(self.openapi)["paths"]

    @property
    def sent(self) -> int:
        return sum(self.seen.values())

    def call(self, name: str, request: Request) -> Asked:
        method, path, headers, body = request
        sent = (method, path, {**self.headers, **headers}, body)
        status, answer, latency = self.service.call(sent)
        self.seen[status] += 1
        known = self._documented(method, path, status)
        took = latency if status else None
        answer += self._why(status)
        return self._told(f"{method} {path}: {name}", body, (status, known), answer, took)

    def _why(self, status: int) -> str:
        """What no client is told."""
        return f"\n\nTo you alone, from the model: {self.service.fault}" if status == 503 else ""

    def own(self, body: str) -> Asked:
        """The reader's own body."""
        sayable = body.encode("utf-8", "replace").decode()
        return self.call("your own", ("POST", "/predict", {}, sayable))

    def crowd(
        self, requests: int, clients: int, statuses: Sequence[int], p50: float | None
    ) -> Asked:
        """What was answered to many; the status is the worst, of which none at all is worse."""
        self.seen.update(statuses)
        worst = max(statuses) if all(statuses) else 0
        known = self._documented("POST", "/predict", worst)
        name = f"POST /predict: {requests} by {clients} at once"
        return self._told(name, "", (worst, known), self._why(worst).lstrip(), p50)

    def _documented(self, method: str, path: str, status: int) -> bool:
        return str(status) in self.paths[path].get(method.lower(), {}).get("responses", {})

    def _told(
        self, name: str, body: str, status: tuple[int, bool], answer: str, latency: float | None
    ) -> Asked:
        codes = sorted(self.seen)
        return Asked(
            request=name,
            asked=body[:SHOWN],
            status=status[0],
            documented=status[1],
            answer=answer[:SHOWN],
            latency=latency,
            codes=[str(code) if code else "no answer" for code in codes],
            counts=[self.seen[code] for code in codes],
            sent=self.sent,
            openapi=self.openapi,
            url=self.service.url,
        )
