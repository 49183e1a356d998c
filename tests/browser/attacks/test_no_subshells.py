"""A kernel without subshells: what the page says waits for the cell's end, and nothing is lost."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.attacks import one_shell
from tests.browser.lab import Book, Lab, notebook_of, wait_until
from tests.browser.playing import LOAD, PLAY, Player, opened, settled

BUSY = "import threading; go = threading.Event()\ngo.wait(60)"
FLOOD = """def flood(n: int = 300_000):
    for k in range(n):
        yield {"k": k, "x": k / 7}

run = mlwidgets.play(flood)
run"""


def one_shelled(lab: Lab, cells: list[str]) -> Book:
    """A notebook of these cells in such a kernel."""
    folder = lab.server.folder / "data" / "kernels" / "one-shell"
    folder.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, str(Path(one_shell.__file__)), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "One shell", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec), "utf-8")
    notebook = notebook_of(cells)
    notebook["metadata"]["kernelspec"] = {**spec, "name": "one-shell"}
    name = f"shell{len(list(lab.server.root.glob('*.ipynb')))}.ipynb"
    (lab.server.root / name).write_text(json.dumps(notebook), "utf-8")
    book = lab.reopen(name)
    features = book.page.evaluate(
        "async () => (await lab.kernel().info).supported_features ?? []",
    )
    assert "kernel subshells" not in features
    return book


def through_a_busy_cell(lab: Lab, book: Book, player: Player) -> None:
    """Pause while a cell computes; it holds once the cell has ended, and all else works then."""
    player.play()
    player.advances(20)
    book.run(2, wait=False)
    wait_until(lambda: book.is_running(2), "the cell is busy")
    player.button("Pause").click()
    player.advances(5)  # rows arrive while the cell is busy; the pause does not
    assert book.is_running(2)
    lab.server.api("POST", f"kernels/{book.kernel_id}/interrupt")
    wait_until(lambda: not book.is_running(2), "the cell has ended")
    book.wait_for("run.status", "paused")
    settled(book, player)
    player.slider("epsilon exploration").fill("0.4")
    book.wait_for("run.params['epsilon']", "0.4")
    before = player.last
    player.button("Step forward").click()
    wait_until(lambda: player.last > before, "a step is computed")
    settled(book, player)
    player.scrub(2)
    player.button("Restart").click()
    wait_until(lambda: player.last == 0, "it is back at frame 0")


def test_a_kernel_without_subshells_plays_pauses_after_the_cell_and_is_steered(lab: Lab) -> None:
    book = one_shelled(lab, [LOAD, PLAY, BUSY])
    book.run(0)
    book.run(1)
    through_a_busy_cell(lab, book, opened(book, 1))
    assert book.errors == []


def test_a_page_that_does_not_use_subshells_plays_the_same(lab: Lab) -> None:
    folder = lab.server.folder / "settings" / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    path = Path(folder, "kernels-settings.jupyterlab-settings")
    path.write_text(json.dumps({"commsOverSubshells": "disabled"}), "utf-8")
    book = lab.open([LOAD, PLAY, BUSY])
    book.run(0)
    book.run(1)
    through_a_busy_cell(lab, book, opened(book, 1))


def test_a_flood_without_subshells_loses_neither_the_idle_nor_the_last_frame(lab: Lab) -> None:
    book = one_shelled(lab, [LOAD, FLOOD, "run.wait()"])
    book.run(0)
    book.run(1)
    player = opened(book, 1, "Flood")
    book.run(2)  # to its idle
    settled(book, player)
    assert book.eval("(run.status, run.trace.last)") == "('done', 299999)"
    expect(player.box.get_by_role("figure").first).to_contain_text("42857")
    assert book.errors == []
