"""A JupyterLab (or Notebook 7) server and the notebooks opened in it, for tests.

    book = lab.open(["x = 1", "x + 1"])
    book.run_all()
    assert book.eval("x") == "1"
    expect(book.output(1)).to_contain_text("2")

Every wait is for a condition; PATIENCE bounds it.
"""

from __future__ import annotations

import ast
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    WebSocket,
    expect,
)

from scripts.environment import is_root

App = Literal["lab", "notebook"]
Theme = Literal["dark", "light"]

PATIENCE = 60.0  # seconds; a busy two-core machine starts a kernel in 2 to 10

THEMES = {"dark": "JupyterLab Dark", "light": "JupyterLab Light"}

# What a learner's JupyterLab has after `make lab`, less the questions that would cover the page.
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
    "@jupyterlab/apputils-extension/notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    },
}

# Errors in the console that are the host's own, with what they are.
HOST_NOISE = (
    "/api/me/",  # the page asks who the user is before the token's cookie is set
    "favicon",
    "Could not restore the debugger state: Canceled future",  # JupyterLab 4.6, kernel restarted
    "(reading 'schema')",  # Notebook 7.6 at its start, also with no widget anywhere
)
# An output is replaced while JupyterLab draws it: every line of the stack is JupyterLab's.
HOST_FAULT = re.compile(
    r"Failed to execute 'removeChild'[^\n]*\nNotFoundError[^\n]*(\n    at [^\n]*/jlab_core[^\n]*)+"
)

# Page-side words for the tests: `lab.panel()` is the notebook in front, `lab.kernel()` its kernel.
PAGE = """
globalThis.lab = {
  app: () => globalThis.jupyterapp,
  panel: () => {
    const app = globalThis.jupyterapp;
    if (!app) return undefined;
    const name = decodeURIComponent(location.pathname.split("/").at(-1));
    return [...app.shell.widgets("main")].find((w) => w.context?.path === name);
  },
  kernel: () => lab.panel()?.sessionContext?.session?.kernel,
  ready: () => {
    const panel = lab.panel();
    return Boolean(panel?.context.isReady && panel.sessionContext.isReady
      && lab.app().shell.currentWidget === panel
      && lab.kernel()?.connectionStatus === "connected" && lab.kernel()?.status === "idle");
  },
};
"""


class Server:
    """A running JupyterLab or Notebook 7 on this machine, with nothing of the user's own in it."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.root = folder / "notebooks"
        self.root.mkdir(parents=True)
        self.token = secrets.token_hex(16)
        self.port = free_port()
        self.log = folder / "server.log"
        self.write_settings()
        self._process = self._start()
        self._await_answer()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _start(self) -> subprocess.Popen[bytes]:
        module = {"lab": "jupyterlab", "notebook": "notebook"}[self.app]
        trait = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}[self.app]
        line = [
            *(sys.executable, "-m", module, "--no-browser"),
            f"--{trait}.expose_app_in_browser=True",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            f"--IdentityProvider.token={self.token}",
        ]
        if is_root():
            line.append("--allow-root")
        with self.log.open("wb") as log:
            return subprocess.Popen(line, env=self._environment(), stdout=log, stderr=log)

    def _environment(self) -> dict[str, str]:
        own = {
            "IPYTHONDIR": "ipython",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }
        paths = {name: str(self.folder / sub) for name, sub in own.items()}
        return {**os.environ, **paths, "JUPYTER_PREFER_ENV_PATH": "1"}

    def _await_answer(self) -> None:
        def answers() -> bool:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log.read_text()}")
            try:
                self.api("GET", "status")
            except OSError:
                return False
            return True

        wait_until(answers, "the server answers")

    def api(self, method: str, path: str) -> Any:
        """Ask the server's REST interface."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def write_settings(self) -> None:
        """The user's settings are these and no others."""
        folder = self.folder / "settings"
        shutil.rmtree(folder, ignore_errors=True)
        for name, value in SETTINGS.items():
            path = folder / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(value), encoding="utf-8")

    def close_kernels(self) -> None:
        for kernel in self.api("GET", "kernels"):
            self.api("DELETE", f"kernels/{kernel['id']}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Lab:
    """One test's view of a server: opens notebooks, and closes them and their kernels after it."""

    def __init__(self, server: Server, context: BrowserContext) -> None:
        self.server = server
        self._context = context
        self.books: list[Book] = []
        server.write_settings()  # a test before this one may have changed the theme

    def open(self, notebook_cells: list[str], name: str = "") -> Book:
        """Write a notebook of these code cells and open it, its kernel started."""
        name = name or f"book{len(list(self.server.root.glob('*.ipynb')))}.ipynb"
        text = json.dumps(notebook_of(notebook_cells))
        (self.server.root / name).write_text(text, encoding="utf-8")
        return self.reopen(name)

    def reopen(self, name: str) -> Book:
        """Open a notebook that is already there, in a page of its own."""
        book = Book(self.server, self._context.new_page(), name)
        self.books.append(book)
        book.goto()
        return book

    def close(self) -> None:
        for book in self.books:
            book.page.close()
        self.server.close_kernels()


def new_context(browser: Browser) -> BrowserContext:
    """One for all tests of a server: JupyterLab's own files are then fetched and compiled once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    context.add_init_script(PAGE)
    return context


class Book:
    """One open notebook."""

    def __init__(self, server: Server, page: Page, name: str) -> None:
        self.server = server
        self.page = page
        self.name = name
        self.errors: list[str] = []
        self.received = 0  # bytes that came over the kernel's websocket
        self.messages = 0
        # A workspace of its own, or JupyterLab would restore the tabs of the last test.
        place = f"lab/workspaces/{Path(name).stem}/tree" if server.app == "lab" else "notebooks"
        self.url = f"{server.url}/{place}/{name}"
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._on_error(f"{error.message}\n{error.stack}"))
        page.on("websocket", self._on_websocket)
        page.on("dialog", accept)

    # ---- the page

    def goto(self) -> None:
        self.page.goto(f"{self.url}?token={self.server.token}")
        self.wait_ready()

    def wait_ready(self) -> None:
        """Until the notebook is drawn and its kernel is idle and connected."""
        self.page.wait_for_function("() => lab.ready()")
        expect(self.cell(0)).to_be_visible()

    def reload(self) -> None:
        """Reload the page, the notebook saved first (as JupyterLab's own autosave would)."""
        self.save()
        self.page.reload()
        self.wait_ready()

    def save(self) -> None:
        self.page.evaluate("() => lab.panel().context.save()")

    def theme(self, name: Theme) -> None:
        change = "(theme) => lab.app().commands.execute('apputils:change-theme', {theme})"
        self.page.evaluate(change, THEMES[name])
        light = str(name == "light").lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")

    def screenshot(self, name: str, of: Locator | None = None) -> None:
        """Keep a picture in the folder that MLWIDGETS_SHOTS names; without one, do nothing."""
        if folder := os.environ.get("MLWIDGETS_SHOTS"):
            path = Path(folder, f"{name}.png")
            (of or self.page).screenshot(path=path)

    # ---- cells

    def cell(self, i: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Notebook-cell").nth(i)

    def output(self, i: int) -> Locator:
        return self.cell(i).locator(".jp-Cell-outputArea")

    def player(self, i: int) -> Locator:
        """The player under cell `i`; its views are groups of their own only inside it."""
        return self.output(i).get_by_role("group").first

    def run(self, i: int, *, wait: bool = True, check: bool = True) -> None:
        """Execute cell `i`; with `wait`, to its end; with `check`, its error is raised here."""
        self.page.evaluate(
            """async ([i, wait]) => {
              const notebook = lab.panel().content;
              notebook.deselectAll();
              notebook.activeCellIndex = i;
              const done = lab.app().commands.execute("notebook:run-cell");
              if (wait && (await done) === undefined) throw new Error("no notebook is in front");
            }""",
            [i, wait],
        )
        if wait and check:
            self._raise_error(i)

    def run_all(self) -> None:
        for i in range(self.page.evaluate("() => lab.panel().content.widgets.length")):
            self.run(i)

    def set_source(self, i: int, source: str) -> None:
        change = "([i, s]) => lab.panel().content.widgets[i].model.sharedModel.setSource(s)"
        self.page.evaluate(change, [i, source])

    def is_running(self, i: int) -> bool:
        """Whether the cell shows [*]."""
        state = "(i) => lab.panel().content.widgets[i].model.executionState"
        return bool(self.page.evaluate(state, i) == "running")

    def outputs(self, i: int) -> list[dict[str, Any]]:
        """The cell's outputs as the notebook file would hold them."""
        found = self.page.evaluate(
            "(i) => lab.panel().content.widgets[i].model.sharedModel.getOutputs()", i
        )
        return list(found)

    def _raise_error(self, i: int) -> None:
        for output in self.outputs(i):
            if output["output_type"] == "error":
                raise AssertionError(f"cell {i}: {output['ename']}: {output['evalue']}")

    # ---- the kernel

    def eval(self, expression: str) -> str:
        """`str()` of an expression's value in the kernel, asked behind the notebook's back."""
        answer = self._ask("", {"value": f"str({expression})"})
        value = answer["user_expressions"]["value"]
        if value["status"] != "ok":
            raise AssertionError(f"{expression}: {value['ename']}: {value['evalue']}")
        return str(ast.literal_eval(value["data"]["text/plain"]))

    def exec(self, code: str) -> None:
        """Run statements in the kernel, outside any cell."""
        answer = self._ask(code, {})
        if answer["status"] != "ok":
            raise AssertionError(f"{code}: {answer['ename']}: {answer['evalue']}")

    def _ask(self, code: str, expressions: dict[str, str]) -> dict[str, Any]:
        answer = self.page.evaluate(
            """async ([code, user_expressions]) => {
              const request = {code, user_expressions, silent: true, store_history: false};
              return (await lab.kernel().requestExecute(request).done).content;
            }""",
            [code, expressions],
        )
        return dict(answer)

    def wait_for(self, expression: str, value: str) -> None:
        """Until `eval(expression)` gives `value`."""
        wait_until(lambda: self.eval(expression) == value, f"{expression} == {value}")

    @property
    def kernel_id(self) -> str:
        return str(self.page.evaluate("() => lab.kernel().id"))

    def restart_kernel(self) -> None:
        self.page.evaluate("() => lab.panel().sessionContext.restartKernel()")
        self.page.wait_for_function("() => lab.ready()")

    # ---- what the page said

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._on_error(f"{message.text} {message.location.get('url', '')}")

    def _on_error(self, text: str) -> None:
        text = text.strip()
        if not any(noise in text for noise in HOST_NOISE) and not HOST_FAULT.fullmatch(text):
            self.errors.append(text)

    def _on_websocket(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framereceived", self._on_frame)

    def _on_frame(self, payload: str | bytes) -> None:
        self.received += len(payload)
        self.messages += 1


def notebook_of(sources: list[str]) -> dict[str, Any]:
    """A notebook file of these code cells."""
    code: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}}
    cells = [
        {**code, "id": f"cell-{i}", "source": source, "outputs": []}
        for i, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}


def accept(dialog: Dialog) -> None:
    """Answer "leave this page?" with yes."""
    dialog.accept()


def wait_until(condition: Callable[[], bool], words: str, patience: float = PATIENCE) -> None:
    """Ask until it holds; what was awaited is in the error."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {patience:.0f} s: {words}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
