"""`publish --slides --live`: the deck, served beside a kernel on this machine until Ctrl-C.

A figure acts on the kernel's own run, so that an unforeseen value can be tried; when the kernel is
gone each falls back to what was recorded when the deck was made.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import told

from .executing import client_of, figures, ready, run_cells
from .notebook import PublishError, read
from .order import Order, OrderError
from .writing import page

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from nbformat import NotebookNode

HOST = "127.0.0.1"
ISLAND = '<script type="application/json" data-mlwidgets-kernel="">{}</script>'
Warn = Callable[[str], None]


def serve(order: Order, warn: Warn) -> int:
    """Execute the notebook, then serve its deck; 0 after Ctrl-C. MLError where it cannot be."""
    try:
        import jupyter_server  # noqa: F401
    except ImportError:
        raise OrderError('--live needs jupyter-server: pip install "mlwidgets[publish]"') from None
    book = read(order.source)
    serving: list[str] = []
    with suppress(asyncio.CancelledError):
        try:
            asyncio.run(_work(order, book, warn, serving.append))
        except KeyboardInterrupt:
            if not serving:  # interrupted while it was made
                raise
    return 0


async def _work(
    order: Order, book: NotebookNode, warn: Warn, serving: Callable[[str], None]
) -> None:
    """The server and its kernel live as long as this."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  we are in one
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    token = secrets.token_urlsafe(24)
    app = _server(order, token)
    kernels: Any = app.kernel_manager  # one that is awaited
    held: list[Any] = []
    try:
        kernel, deck = await _made(order, book, warn, app)
        held = [kernels.get_kernel(kernel)]
        from .handler import Deck

        web: Any = app.web_app
        web.add_handlers(".*$", [(r"/deck", Deck, {"text": deck})])
        url = f"http://{HOST}:{app.port}/deck?token={token}"
        serving(kernel)
        sys.stdout.write(f"{url}\nCtrl-C ends the server and its kernel.\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
    finally:
        await kernels.shutdown_all(now=True)
        for manager in held:  # one that has died is no more among them
            manager.cleanup_connection_file()
        app.http_server.stop()


def _server(order: Order, token: str) -> ServerApp:
    """A server for this deck alone: no extensions, no terminals, nothing of the user's settings."""
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Config

    class Server(ServerApp):
        def load_config_file(self, *_args: Any, **_kwargs: Any) -> None:
            """None is read."""

        def init_signal(self) -> None:
            """Ctrl-C is ours."""

    own = Config()
    own.ServerApp.update(
        ip=HOST,
        port_retries=100,
        open_browser=False,
        allow_root=True,  # as whoever has called us
        terminals_enabled=False,
        jpserver_extensions={},
        root_dir=str(order.source.resolve().parent),
        cookie_secret=secrets.token_bytes(32),  # none is kept on the disk
        log_level="CRITICAL",
    )
    own.IdentityProvider.token = token
    own.KernelRestarter.update(restart_limit=0, time_to_dead=0.5)  # a dead one is told of, at once
    app = Server(config=own)
    app.initialize(argv=[], find_extensions=False)
    return app


async def _made(order: Order, book: NotebookNode, warn: Warn, app: ServerApp) -> tuple[str, str]:
    """The kernel's id, and the deck of the notebook that it has executed."""
    here: Any = ""  # the folder of the notebook, as the server names it
    client = client_of(book, order.source.resolve().parent, warn)
    try:
        kernel = await app.kernel_manager.start_kernel(
            path=here, kernel_name=client.kernel_name, extra_arguments=client.extra_arguments
        )
    except Exception as why:  # each kernel fails in its own way
        raise PublishError(f"{order.source}: the kernel does not start: {told(why)}") from None
    client.km = app.kernel_manager.get_kernel(kernel)
    client.owns_km = False
    async with ready(client):
        await run_cells(client, warn, tolerant="--allow-errors" in order)
        made = await figures(client, order.wait)
        client.kc.stop_channels()  # type: ignore[union-attr]  # there is one here
    island = ISLAND.format(json.dumps({"kernel": kernel}))
    policy = {"connect-src": f"ws://{HOST}:{app.port}"}
    return kernel, page(order, book, made, warn, policy, island)
