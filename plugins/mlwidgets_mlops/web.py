"""The FastAPI application around a model: what it takes, what it refuses, and its documentation."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from secrets import compare_digest
from time import perf_counter
from typing import Annotated, Any

import numpy as np
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, create_model

from .models import Floats, Label, Served

BODY = 1_000_000  # bytes of a request
SLOW = 0.05  # seconds of one call of a model
Answer = tuple[list[Label], list[list[float]] | None]


class Fault(Exception):
    """What went wrong in the model: for its owner, not for a client."""


class Answers(BaseModel):
    """One answer for each row; of a classifier also how sure it is of each class."""

    answers: list[int | float | str | None]
    probabilities: list[list[float | None]] | None = None


class Health(BaseModel):
    """Is it there?"""

    status: str


class Refused(BaseModel):
    """Why a request was not answered."""

    detail: str


class JSON(JSONResponse):
    """ASCII, so that no half of a surrogate pair can spoil it; what is no number is null."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refused, "description": "The body cannot be read"},
    401: {"model": Refused, "description": "No token, or a wrong one"},
    413: {"model": Refused, "description": f"The body has more than {BODY:,} bytes"},
    503: {"model": Refused, "description": "The model could not answer"},
}


def batch_of(served: Served, most: int) -> type[BaseModel]:
    """A model of pydantic's: rows of the features, each finite and in its range."""
    fields: dict[str, Any] = {
        f"f{k}": (
            float,
            Field(alias=name, ge=float(lo), le=float(hi), allow_inf_nan=False),
        )
        for k, (name, lo, hi) in enumerate(zip(served.names, served.lo, served.hi, strict=True))
    }
    row = create_model("Row", __config__=ConfigDict(extra="forbid", strict=True), **fields)
    rows: Any = Annotated[list[row], Field(min_length=1, max_length=most)]  # type: ignore[valid-type]  # made just now
    return create_model("Rows", __config__=ConfigDict(extra="forbid"), rows=(rows, ...))


class Known(HTTPBearer):
    """The token of this run, looked at where it is read: one dependency, for each costs a tenth."""

    def __init__(self, token: str) -> None:
        super().__init__(
            scheme_name="HTTPBearer", auto_error=False, description="The token of this run"
        )
        self.token = token.encode()

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials:
        given = await super().__call__(request)
        if given is None or not compare_digest(given.credentials.encode(), self.token):
            raise HTTPException(401, "give the header Authorization: Bearer <token>")
        return given


class Tried:
    """A model: what it answers, or what went wrong. A slow one computes in a thread of its own, so
    that the server goes on; a hop to a thread costs more than a quick one takes."""

    def __init__(self, answer: Callable[[Floats], Answer]) -> None:
        self.answer, self.slow = answer, True  # until it has shown that it is not

    async def __call__(self, X: Floats) -> Answer | Fault:
        begun = perf_counter()
        found = await asyncio.to_thread(self._try, X) if self.slow else self._try(X)
        self.slow = perf_counter() - begun > SLOW
        return found

    def _try(self, X: Floats) -> Answer | Fault:
        try:
            return self.answer(X)
        except (Exception, SystemExit) as error:  # a model of anyone's may raise anything
            return Fault(f"{type(error).__name__}: {error}")


def dealt(B: list[tuple[Floats, Any]], found: Answer | Fault) -> None:
    """Tells each request of a batch its part of the answer, or what went wrong."""
    at = 0
    for X, done in B:
        to = at + len(X)
        if done.done():  # a client may have gone
            pass
        elif isinstance(found, Fault):
            done.set_exception(found)
        else:
            labels, sure = found
            done.set_result((labels[at:to], None if sure is None else sure[at:to]))
        at = to


def app_of(
    served: Served, token: str, most: int, answer: Callable[[Floats], Awaitable[Answer]]
) -> FastAPI:
    """The application. answer: of rows (n, feature), awaited; at most so many rows a request."""
    app = FastAPI(
        title=type(served.model).__name__,
        version="1",
        docs_url=None,  # their pages come from a network; the cell has its own
        redoc_url=None,
        default_response_class=JSON,
    )
    app.state.fault = ""  # the last one, which only this process can read
    Rows: Any = batch_of(served, most)

    async def predict(body: Any) -> Response:
        """Answers for one row or many."""
        X = np.array([list(row.__dict__.values()) for row in body.rows], dtype=float)
        try:
            labels, sure = await answer(X)
        except Exception as fault:
            app.state.fault = str(fault)[:500]
            raise HTTPException(503, "the model could not answer these rows") from None
        sure = sure and [[finite(v) for v in row] for row in sure]
        return JSON({"answers": [finite(v) for v in labels], "probabilities": sure})

    async def health() -> Response:
        """Whether the service is there; needs no token."""
        return JSON({"status": "ok"})

    predict.__annotations__["body"] = Rows  # made just now, for this model
    needs = [Depends(Known(token))]
    app.post("/predict", response_model=Answers, responses=REFUSALS, dependencies=needs)(predict)
    app.get("/health", response_model=Health)(health)
    app.add_exception_handler(RequestValidationError, misfit)
    app.add_middleware(Short)
    return app


async def misfit(_request: Request, error: Any) -> Response:
    """Where and why, without what was given: it may be no number, and no JSON."""
    kept = ("loc", "msg", "type")
    return JSON({"detail": [{k: e[k] for k in kept} for e in error.errors()[:20]]}, 422)


def finite(value: Any) -> Any:
    """JSON has no infinities."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Short:
    """Refuses a long body before it is read."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"content-length", b"0")
        if given.isdigit() and int(given) > BODY:
            await JSON({"detail": f"more than {BODY:,} bytes"}, 413)(scope, receive, send)
            return
        if not given.isdigit() or b"transfer-encoding" in dict(scope["headers"]):
            receive = _counted(receive)
        await self.app(scope, receive, send)


def _counted(receive: Any) -> Any:
    """A body without a length is counted as it comes."""
    seen = 0

    async def counted() -> Any:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY:
            raise HTTPException(413, f"more than {BODY:,} bytes")
        return message

    return counted
