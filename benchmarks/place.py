"""Where the figures are taken: a JupyterLab and a Chromium, started when a row first asks."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # publishes no type information
from playwright.sync_api import Browser, BrowserContext, WebSocket, expect, sync_playwright

from benchmarks.peers import Peers
from benchmarks.wire import Message, decode
from scripts.browser import launch
from tests.browser.lab import PATIENCE, Book, Lab, Server, new_context, notebook_of

PROBE = Path(__file__).with_name("probe.js")


class Place:
    """One server and one browser for all rows. `times`: how often a noisy figure is taken."""

    def __init__(self, times: int, executions: int, peers: Path | None) -> None:
        self.times = times
        self.executions = executions
        self._peers = peers
        self._open = ExitStack()

    @cached_property
    def peers(self) -> Peers | None:
        """The peers' environment, made when first asked for; None without `--peers`."""
        return Peers(self._peers) if self._peers else None

    @cached_property
    def browser(self) -> Browser:
        playwright = self._open.enter_context(sync_playwright())
        expect.set_options(timeout=PATIENCE * 1000)
        browser = launch(playwright)
        self._open.callback(browser.close)
        return browser

    @cached_property
    def server(self) -> Server:
        folder = self._open.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        if self.peers:
            kernel_of(self.peers, Path(folder, "lab", "data"))
        server = Server("lab", Path(folder, "lab"))
        self._open.callback(server.stop)
        return server

    @cached_property
    def context(self) -> BrowserContext:
        context = new_context(self.browser)
        context.add_init_script(path=PROBE)
        return context

    @contextmanager
    def book(self, cells: list[str], kernel: str = "python3") -> Iterator[Tapped]:
        """A notebook of these cells, open and its kernel idle; closed with its kernel after."""
        lab = Lab(self.server, self.context)
        name = f"bench{len(list(self.server.root.glob('*.ipynb')))}.ipynb"
        notebook = notebook_of(cells)
        notebook["metadata"]["kernelspec"]["name"] = kernel
        (self.server.root / name).write_text(json.dumps(notebook), encoding="utf-8")
        book = Tapped(self.server, self.context, name)
        lab.books.append(book)
        try:
            book.goto()
            yield book
        finally:
            lab.close()

    @property
    def browser_version(self) -> str:
        return self.browser.version if "browser" in self.__dict__ else ""

    def close(self) -> None:
        self._open.close()


class Tapped(Book):
    """An open notebook whose messages from the kernel are counted by kind, and its memory too."""

    def __init__(self, server: Server, context: BrowserContext, name: str) -> None:
        super().__init__(server, context.new_page(), name)
        self.frames: list[bytes] = []
        self.page.on("websocket", self._tap)
        self._session = context.new_cdp_session(self.page)

    def _tap(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framereceived", self._keep)

    def _keep(self, payload: str | bytes) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    def tap(self) -> list[Message]:
        """The messages since it was last asked."""
        self.settle()
        frames, self.frames = self.frames, []
        return [decode(frame) for frame in frames]

    def settle(self) -> None:
        """Until the kernel has answered once more, so that all it sent before is here."""
        self.eval("0")

    def probe(self, call: str, *arguments: Any) -> Any:
        """Call a function of the probe in the page."""
        return self.page.evaluate(f"(given) => bench.{call}(...given)", list(arguments))

    def heap(self) -> float:
        """MB of live JavaScript objects, after a collection."""
        self._session.send("HeapProfiler.collectGarbage")
        self._session.send("Performance.enable")
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")) / 1e6

    def kernel_memory(self) -> float:
        """MB of the kernel's resident memory, after a collection."""
        code = "__import__('gc').collect() * 0 + __import__('psutil').Process().memory_info().rss"
        return float(self.eval(code)) / 1e6

    def kernel_work(self) -> float:
        """Seconds of processor time that the kernel has had."""
        return float(self.eval("sum(__import__('psutil').Process().cpu_times()[:2])"))

    def server_memory(self) -> float:
        """MB of the server's resident memory."""
        port = f"--ServerApp.port={self.server.port}"
        children = psutil.Process().children(recursive=True)
        return float(sum(c.memory_info().rss for c in children if port in c.cmdline())) / 1e6


def kernel_of(peers: Peers, data: Path) -> None:
    """Let the server offer the peers' Python as a kernel."""
    folder = data / "kernels" / "peers"
    folder.mkdir(parents=True)
    argv = [str(peers.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Peers", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
