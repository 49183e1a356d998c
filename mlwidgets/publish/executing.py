"""A notebook executed in a kernel of its own, its runs driven to their end, its figures had."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlwidgets.errors import clip

from .made import Made, read
from .notebook import PublishError
from .outputs import WIDGET

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

COLLECT = """\
__import__("importlib").import_module("mlwidgets.publish.made").collect(
    *__import__("json").loads({given!r}))"""
WORD = 200  # characters of an error that a line tells
Warn = Callable[[str], None]


def executed(
    book: NotebookNode, folder: Path, warn: Warn, *, tolerant: bool, patience: float
) -> dict[str, Made]:
    """Execute every cell; each player's figure by its model's id. PublishError where a cell fails.

    tolerant: a cell that fails is told of, and the others are executed. patience: seconds a run.
    """

    async def work() -> dict[str, Made]:
        client = client_of(book, folder, warn)
        async with ready(client):
            await run_cells(client, warn, tolerant=tolerant)
            return await figures(client, patience)

    return asyncio.run(work())


def client_of(book: NotebookNode, folder: Path, warn: Warn, **more: Any) -> NotebookClient:
    """What executes the notebook, with the kernel it names or else this Python's."""
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient

    asked = str(book.metadata.get("kernelspec", {}).get("name", "python3"))
    if asked not in KernelSpecManager().find_kernel_specs():
        warn(f"there is no kernel {asked!r} here: executed with python3")
        asked = "python3"
    where = {"metadata": {"path": str(folder)}}
    return NotebookClient(
        book,
        timeout=None,
        kernel_name=asked,
        resources=where,
        allow_errors=True,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        **more,
    )


@asynccontextmanager
async def ready(client: NotebookClient) -> AsyncGenerator[None, None]:
    """Its kernel answers, and ends with this where it was begun by it; Ctrl-C is left to Python."""
    setup = client.async_setup_kernel()
    try:
        await setup.__aenter__()
    except RuntimeError as why:
        raise PublishError(f"the kernel does not start: {clip(str(why), WORD)}") from None
    with suppress(NotImplementedError, RuntimeError):  # Windows; a thread
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
    try:
        yield
    finally:
        await setup.__aexit__(None, None, None)


async def run_cells(client: NotebookClient, warn: Warn, *, tolerant: bool) -> None:
    """Each code cell in order; nothing of what was saved in them stays."""
    book = client.nb
    book.metadata.pop("widgets", None)
    client.reset_execution_trackers()
    codes = 0
    for index, cell in enumerate(book.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        codes += 1
        try:
            await client.async_execute_cell(cell, index)
        except Exception as why:  # the kernel has died, and nbclient says so in its own ways
            raise PublishError(f"{named(codes, cell)}: {clip(str(why), WORD)}") from None
        if (fault := _fault(cell)) is None:
            continue
        said = f"{named(codes, cell)}: {clip(fault, WORD)}"
        if not tolerant:
            raise PublishError(f"{said}; --allow-errors publishes it as it stands")
        warn(said)


def _fault(cell: Any) -> str | None:
    """What a cell raised, unless its author expects it to."""
    if "raises-exception" in cell.metadata.get("tags", ()):
        return None
    faults = [o for o in cell.outputs if o.output_type == "error"]
    return f"{faults[0].ename}: {faults[0].evalue}" if faults else None


def named(number: int, cell: Any) -> str:
    """A cell as a line of text names it: its number among the code cells, and its first line."""
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"code cell {number} ({clip(first.strip(), 60)})"


async def figures(client: NotebookClient, patience: float) -> dict[str, Made]:
    """The figures of the notebook's players, from the kernel."""
    models = list(dict.fromkeys(shown_in(client.nb)))
    if not models:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        code = COLLECT.format(given=json.dumps([models, folder, patience]))
        kernel: Any = client.kc  # that of a running kernel can wait for the reply
        reply = await kernel.execute(
            code, silent=True, store_history=False, reply=True, timeout=None
        )
        content = reply["content"]
        if content["status"] != "ok":
            why = f"{content.get('ename')}: {content.get('evalue')}"
            raise PublishError(f"the figures could not be had from the kernel: {clip(why, WORD)}")
        return {path.stem: read(path) for path in sorted(Path(folder).glob("*.json"))}


def shown_in(book: NotebookNode) -> Iterable[str]:
    """The ids of the widgets that outputs show, in order."""
    for cell in book.cells:
        for given in cell.get("outputs") or ():
            if WIDGET in (data := given.get("data") or {}):
                yield str(data[WIDGET].get("model_id"))
