"""Cells run again and again, floods, two windows: nothing is left behind or lost."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, PLAY, opened, settled

AGAIN = 50
WARM = 10  # executions before growth is measured: what is made once for a kernel is there by then
GROWTH = 20_000  # bytes an execution may leave behind

TOOLS = """import gc, threading, tracemalloc
import comm

def walk(n: int = 100):
    x = 0.0
    for k in range(n):
        yield {"x": x, "k": k}
        x += 1.0

def ours():
    return sum(t.name.startswith("mlwidgets run") for t in threading.enumerate())

def live():
    return sum(r.status in ("ready", "running", "paused") for r in mlwidgets.runs())

def left():
    gc.collect()
    return len(comm.get_comm_manager().comms)

def held():
    "Bytes, the one live run back at frame 0."
    for r in mlwidgets.runs():
        r.fixed or r.restart()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
"""
CELLS = {
    "a topic's algorithm": "run = mlwidgets.play('rl.q_learning').start()\nrun",
    "a function of the notebook": "run = mlwidgets.play(walk).start(5)\nrun",
    "a loop recorded": "with mlwidgets.record(mlwidgets.Line('loss')) as rec:\n"
    "    for k in range(5): rec(loss=k / 3)",
}


def run_often(book: Book, i: int, times: int) -> None:
    """Execute a cell again and again, each time to its end."""
    book.page.evaluate(
        """async ([i, times]) => {
          for (let k = 0; k < times; k++) {
            const notebook = lab.panel().content;
            notebook.deselectAll();
            notebook.activeCellIndex = i;
            await lab.app().commands.execute("notebook:run-cell");
            await new Promise(requestAnimationFrame);
          }
        }""",
        [i, times],
    )
    # JupyterLab's own: an output replaced before it was attached.
    book.errors[:] = [error for error in book.errors if "processLuminoMessage" not in error]


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_run_fifty_times_leaves_one_run_and_nothing_else(lab: Lab, name: str) -> None:
    book = lab.open([LOAD + "\n" + TOOLS, CELLS[name]])
    book.run_all()
    run_often(book, 1, WARM)
    book.exec("tracemalloc.start()")
    run_often(book, 1, 2)
    comms = int(book.eval("left()"))
    book.exec("before = held()")
    run_often(book, 1, AGAIN - WARM - 2)
    assert int(book.eval("live()")) <= 1
    book.wait_for("ours() == live()", "True")
    assert int(book.eval("left()")) - comms <= 2
    grown = int(book.eval("held() - before"))
    assert grown / (AGAIN - WARM - 2) < GROWTH
    expect(book.output(1).get_by_role("slider", name="Frame", exact=True)).to_be_visible()


FLOOD = """def flood(n: int = 400_000):
    for k in range(n):
        yield {"k": k, "x": k / 7}

run = mlwidgets.play(flood)
run"""


def test_a_flood_of_frames_is_few_messages_and_its_last_frame_arrives(lab: Lab) -> None:
    book = lab.open(
        [
            LOAD,
            FLOOD,
            "begun = __import__('time').perf_counter()\nrun.wait()\n"
            "took = __import__('time').perf_counter() - begun",
        ]
    )
    book.run(0)
    book.run(1)
    player = opened(book, 1, "Flood")
    before, begun = book.messages, time.monotonic()
    book.run(2, wait=False)
    wait_until(lambda: book.is_running(2), "the cell is busy")
    wait_until(lambda: not book.is_running(2), "the cell's idle arrives")
    settled(book, player)
    sent, seconds = book.messages - before, time.monotonic() - begun
    assert float(book.eval("run.number / took")) > 1e5, "it is a flood"
    assert sent / seconds <= 200
    assert player.place == player.last
    expect(player.box.get_by_role("figure").first).to_contain_text("57143")
    assert book.eval("run.trace.last") == "399999"


def test_two_players_in_two_windows_of_one_kernel_are_of_one_mind(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "other = %ml rl.q_learning seed=1\nother"])
    book.run_all()
    opened(book, 1), opened(book, 2)
    book.save()
    twin = lab.reopen(book.name)
    assert twin.kernel_id == book.kernel_id
    here = opened(book, 1), opened(book, 2)
    there = opened(twin, 1), opened(twin, 2)
    book.exec("run.start(600); other.start(600)")  # slow: neither ends while the test looks
    for player in (*here, *there):
        player.advances(5)
    there[0].slider("epsilon exploration").fill("0.6")
    book.wait_for("run.params['epsilon']", "0.6")
    expect(here[0].slider("epsilon exploration")).to_have_value("0.6")
    assert book.eval("other.params['epsilon']") == "0.1"
    here[1].pause()
    there[0].pause()
    for window, players in ((book, here), (twin, there)):
        settled(window, players[0])
        settled(window, players[1], "other")
    here[0].scrub(3)
    assert there[0].place == there[0].last, "each window looks where it likes"
    twin.page.close()
    book.exec("run.start(600)")
    here[0].advances(5)
