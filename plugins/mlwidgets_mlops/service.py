r"""A model as a service: a real FastAPI under uvicorn answers, refuses, and answers together.

Crankshaw, Wang, Zhou, Franklin, Gonzalez & Stoica (2017), "Clipper: A Low-Latency Online Prediction
Serving System", NSDI 14, 613-627. doi:10.48550/arXiv.1612.03079

    B = \{ i : i \text{ waits} \}, \quad |B| \le b    (1)  what waits when the model is free
    Y_B = f(X_B)                                      (2)  is answered together
    t_i = d_i - a_i                                   (3)  latency, from asked to done
    t_{(q)} = t_{\lceil q n \rceil}                   (4)  its quantile, of n in order
    L = \lambda W                                     (5)  Little's law: rate times mean latency

Where: model a fitted model of yours; data its table, for names and ranges; up the server is up; ask
a body of your own, JSON; clients clients at once; batch most requests answered together; requests
requests of the crowd; most rows a request may have; slack how far beyond the data a row may lie;
port port, 0 takes a free one; token token of your own; seed seed; request what is asked; asked its
body; status status, 0 where nobody answers; documented is the status in the documentation; answer
the answer; latency latency in ms; codes statuses so far; counts how often each; times latencies in
ms; share share of the answers given by then; p50 median ms; p95 ms of 95 in 100; p99 ms of 99 in
100; rate answers a second; L requests in the system; together requests answered together; sent
requests made; openapi the documentation, as OpenAPI; url where it listens.

What to watch: What is wrong is refused before the model sees it; a crowd waits less together.

Try: batch=1  nobody is answered together: what happens to the slowest?
Try: clients=64  four times the crowd: does each wait four times as long?
Try: up=false  what does a client see when nobody serves?
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from math import ceil
from typing import Annotated, Any

import numpy as np

import mlwidgets as ml

from .asked import QUANTILES, Asked, Loaded, Log, script, unloaded
from .explored import EXPLORER
from .models import Floats, ModelKind, Served
from .serving import Crowd, Seen, Service, answered
from .web import Answer, Tried, app_of, dealt

NOTHING = ml.Text("")
WAVE = 5  # requests of each client between two frames


class Step(Asked, Loaded): ...


class Together:
    """Answers together what waits while the model computes; nobody waits for company."""

    def __init__(self, served: Served, b: int) -> None:
        self.f, self.b = Tried(served.answer), b
        self.waiting: list[tuple[Floats, asyncio.Future[Answer]]] = []
        self.batches = self.answered = 0
        self.work: asyncio.Task[None] | None = None

    async def __call__(self, X: Floats) -> Answer:
        """The answers to the rows of one request."""
        loop = asyncio.get_running_loop()
        if self.work is None or self.work.done():
            self.work = loop.create_task(self.turns())
        done: asyncio.Future[Answer] = loop.create_future()
        self.waiting.append((X, done))
        return await done

    async def turns(self) -> None:
        while self.waiting:
            B, self.waiting = self.waiting[: self.b], self.waiting[self.b :]  # (1)
            self.batches, self.answered = self.batches + 1, self.answered + len(B)
            dealt(B, await self.f(np.concatenate([X for X, _ in B])))  # (2)
            await asyncio.sleep(0)


def quantile(t: Sequence[float], q: float) -> float:
    """The least latency that so large a share of all does not exceed."""
    return float(sorted(t)[max(1, ceil(q * len(t))) - 1])  # (4)


def loaded(found: Seen, together: Together) -> Loaded:
    """Of a crowd; a request that nobody answered has no latency and is no part of the rate."""
    t = answered(found)  # (3), as each client saw it
    if not t:
        return unloaded()
    lamb, W = len(t) / found["seconds"], sum(t) / len(t) / 1e3
    return Loaded(
        share=QUANTILES,
        times=np.array([quantile(t, q) for q in QUANTILES]),
        p50=quantile(t, 0.5),
        p95=quantile(t, 0.95),
        p99=quantile(t, 0.99),
        rate=lamb,
        L=lamb * W,  # (5)
        together=together.answered / together.batches if together.batches else None,
    )


@ml.algorithm(
    EXPLORER,
    ml.Bars("counts", "Statuses", "so far", labels="codes"),
    ml.Curve("share", x="times", title="Latency", note="of the crowd, in ms", lo=0, hi=1),
    ml.Values("p50", "p95", "p99", "rate", "L", "together", title="Under load"),
    step="request",
)
def fastapi(
    model: Annotated[Any, ModelKind()] | None = None,
    data: ml.Table | None = None,
    up: ml.Live[bool] = True,
    ask: ml.Live[ml.Text] = NOTHING,
    clients: ml.Live[Annotated[int, ml.Range(1, 256)]] = 16,
    batch: ml.Live[Annotated[int, ml.Range(1, 512)]] = 64,
    requests: Annotated[int, ml.Range(0, 100_000)] = 320,
    most: Annotated[int, ml.Range(1, 10_000)] = 100,
    slack: Annotated[float, ml.Range(0, 10)] = 0.5,
    port: Annotated[int, ml.Range(0, 65_535)] = 0,
    token: Annotated[str | None, ml.Secret()] = None,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    served = Served.of(model, data, slack)
    together = Together(served, batch)
    plan = script(served, most, np.random.default_rng(seed))
    load = unloaded()
    with Service(lambda key: app_of(served, key, most, together), port, token) as service:
        log, asked = Log(service), ""
        while plan or ask != asked:
            service.be(up)
            own, asked = ask != asked, ask
            frame = log.own(ask) if own else log.call(*plan.pop(0))
            up, ask, clients, batch = yield Step(**frame, **load)
        with Crowd() as crowd:
            while log.sent < requests:
                service.be(up)
                together.b, together.batches, together.answered = batch, 0, 0
                n = min(WAVE * clients, requests - log.sent)
                found = crowd.call(service, served.bodies(50), clients, n)
                load = loaded(found, together)
                frame = log.crowd(n, clients, found["statuses"], load["p50"])
                up, ask, clients, batch = yield Step(**frame, **load)

    def late(ask: ml.Text) -> Step:
        """One more request of the reader's own: the server is there for it alone."""
        with service:
            return Step(**log.own(ask), **load)

    return ml.Done({"openapi": json.loads(log.openapi), **load}, ask=late)
