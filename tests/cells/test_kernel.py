"""A whole notebook in a real kernel, with the magic line and without: nbclient sees the same."""

from __future__ import annotations

import re
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.browser.lab import notebook_of

BODY = """\
import math, sys
print("begin")
for k in range(4):
    loss = math.log(3 - k)
    print(k)
    print("!", file=sys.stderr)
"""


def executed(head: str, *after: str) -> tuple[list[Any], CellExecutionError | None]:
    """The outputs of the cells, players apart, and the error that the client raised."""
    sources = ["%load_ext mlwidgets\nimport mlwidgets", head + BODY, *after]
    book = nbformat.from_dict(notebook_of(sources))  # type: ignore[no-untyped-call]  # nbformat's
    client = NotebookClient(book, timeout=120, kernel_name="python3")
    error = None
    try:
        client.execute()
    except CellExecutionError as raised:
        error = raised
    outputs = [out for cell in book.cells[1:] for out in cell.outputs]
    players = [
        out for out in outputs if "application/vnd.jupyter.widget-view+json" in out.get("data", {})
    ]
    assert len(players) == bool(head)
    return [out for out in outputs if out not in players], error


def test_nbclient_sees_the_same_output_error_and_line() -> None:
    bare, plain = executed("")
    recorded, seen = executed("%%ml record loss\n")
    assert plain is not None
    assert seen is not None
    assert (
        (seen.ename, seen.evalue)
        == (plain.ename, plain.evalue)
        == ("ValueError", "math domain error")
    )
    texts = [
        [out["text"] for out in outs if out.output_type == "stream"] for outs in (bare, recorded)
    ]
    assert "".join(sorted("".join(texts[0]))) == "".join(sorted("".join(texts[1])))
    told = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(recorded[-1]["traceback"]))
    assert re.search(r"^-+> 5 +loss = math\.log\(3 - k\)", told, re.MULTILINE)
    assert "# %%ml record loss" in told
