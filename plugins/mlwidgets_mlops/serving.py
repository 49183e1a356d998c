"""A server of this process and the clients that call it; both end with their `with` block."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict

import httpx
import uvicorn

import mlwidgets as ml

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds
GRACE = 2.0  # seconds for what is being answered, once it ends
Request = tuple[str, str, dict[str, str], str]
"""Method, path, headers, body."""


class Service:
    """An application under uvicorn, in a thread of its own, on this machine only."""

    def __init__(self, app: Callable[[str], Any], port: int = 0, token: str | None = None) -> None:
        """app: makes the application of a token. ParamError for a token that no header carries."""
        self.token = sayable(token or secrets.token_urlsafe(24))
        self._app, self._port = app(self.token), port
        self._client: httpx.Client | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def fault(self) -> str:
        """What went wrong in the model, the last time that something did."""
        return str(self._app.state.fault)

    def be(self, up: bool) -> None:
        """Up or down."""
        if up:
            self.start()
        else:
            self.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            if self._client is not None:
                self._client.close()
                self._client = None

    def start(self) -> None:
        """Until it answers; nothing where it does already.

        ParamError where the port is taken; MLError where it does not come up, or never ended.
        """
        if self._alive() and self._server is not None and not self._server.should_exit:
            return
        self.stop()
        # Named as TCP: only then asyncio sends each answer at once and not 40 ms later.
        place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((HOST, self._port))
        except OSError:
            place.close()
            raise ml.ParamError(
                f"port={self._port}: is taken on this machine; 0 takes a free one", "port"
            ) from None
        self._port = place.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=_serve, args=(server, place), name="mlwidgets-service", daemon=True
        )
        self._thread.start()
        until = time.monotonic() + PATIENCE
        while not server.started and self._alive() and time.monotonic() < until:
            time.sleep(0.002)
        if not server.started:
            how = f"is not up after {PATIENCE:g} s" if self._alive() else "ended as it started"
            self.stop()
            raise ml.MLError(f"the service at {self.url} {how}")

    def stop(self) -> None:
        """Until its thread has ended and its port is free; MLError where it goes on regardless."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        if not server.should_exit:
            server.should_exit = True
            thread.join(GRACE)
            server.force_exit = True
            thread.join(PATIENCE)
        if thread.is_alive():
            raise ml.MLError(
                f"the service at {self.url} goes on, {GRACE + PATIENCE:g} s after it was to end: "
                "its model has not returned; it ends once that does"
            )
        self._server = self._thread = None

    def _alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def call(self, request: Request) -> tuple[int, str, float]:
        """One request: its status, 0 where nobody answers, the answer, and how many ms it took."""
        method, path, headers, body = request
        self._client = self._client or httpx.Client(timeout=PATIENCE, trust_env=False)
        begun = time.perf_counter()
        try:
            got = self._client.request(method, self.url + path, headers=headers, content=body)
        except httpx.TransportError as error:
            return 0, type(error).__name__, 1e3 * (time.perf_counter() - begun)
        return got.status_code, got.text, 1e3 * (time.perf_counter() - begun)


def sayable(token: str) -> str:
    """The token; ParamError, without it, where no header could carry it."""
    if not (token.isascii() and token.isprintable() and token == token.strip()):
        raise ml.ParamError("token: must be printable ASCII without blanks around it", "token")
    return token


def _serve(server: uvicorn.Server, place: socket.socket) -> None:
    with place:
        server.run(sockets=[place])


class Seen(TypedDict):
    """What a crowd saw, of each request; status 0 where nobody answered."""

    times: list[float]
    statuses: list[int]
    answers: list[str]
    seconds: float


def answered(seen: Seen) -> list[float]:
    """The times of the requests that somebody answered, in ms."""
    return [ms for ms, status in zip(seen["times"], seen["statuses"], strict=True) if status > 0]


class Crowd:
    """Many clients at once, in a process of their own: they do not compete with the server for
    this interpreter. It ends with its input."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> int:
        """Its exit status, 0 where there was none."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        with suppress(OSError), process:  # its input may still hold what it never read
            pass
        return process.wait()

    def call(
        self,
        service: Service,
        bodies: list[str],
        clients: int,
        requests: int,
        *,
        keep: bool = False,
    ) -> Seen:
        """Each client asks again once it is answered: `times` in ms, `statuses`, `seconds`.

        keep: also the `answers`. MLError where the process of the clients has ended.
        """
        if self._process is None:
            command = [sys.executable, "-I", str(Path(__file__).with_name("crowd.py"))]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(  # noqa: S603  our own file
                command,
                stdin=pipe,
                stdout=pipe,
                text=True,
                start_new_session=True,  # an interrupt of the notebook is not for it
            )
        job = {"host": HOST, "port": service.port, "token": service.token, "bodies": bodies}
        job |= {"clients": clients, "requests": requests, "keep": keep}
        told, said = self._process.stdin, self._process.stdout
        if told is None or said is None:
            raise RuntimeError("a process without pipes")
        try:
            told.write(json.dumps(job) + "\n")
            told.flush()
            line = said.readline()
        except OSError:
            line = ""
        if not line:
            raise ml.MLError(f"the process of the clients has ended, with status {self._end()}")
        seen: Seen = json.loads(line)
        return seen
