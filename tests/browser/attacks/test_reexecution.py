"""Cells run again and again, floods, two windows: nothing is left behind or lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, PLAY, Player, opened, settled

AGAIN = 50
WARM = 10  # executions before growth is measured: what is made once for a kernel is there by then
GROWTH = 20_000  # bytes an execution may leave behind, as Python counts them
RESIDENT = 250_000  # by which the process may grow with each: torch's own caches swing by 5 MB
PARTS = 6  # of the executions, after each of which the process is weighed

TOOLS = """import ctypes, gc, sys, threading, tracemalloc
from contextlib import suppress
from itertools import combinations
from statistics import median
import comm, psutil

with suppress(OSError, AttributeError):  # glibc: large arrays are given back, and threads share
    for option, value in ((-3, 2**17), (-8, 1)):  # M_MMAP_THRESHOLD, M_ARENA_MAX
        ctypes.CDLL(None).mallopt(option, value)

def walk(n: int = 100):
    x = 0.0
    for k in range(n):
        yield {"x": x, "k": k}
        x += 1.0

def ours():
    return sum(t.name.startswith("mlwidgets run") for t in threading.enumerate())

def keeping():
    "Is a trace being packed for the saved notebook? That takes memory for a moment."
    return any(t.name == "mlwidgets keeper" for t in threading.enumerate())

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

def of_torch():
    "Modules alive, and the bytes of all tensors alive, which no counter of Python sees."
    torch = sys.modules.get("torch")
    if torch is None:
        return 0, 0
    gc.collect()
    alive = [o for o in gc.get_objects() if issubclass(type(o), (torch.nn.Module, torch.Tensor))]
    tensors = [o for o in alive if issubclass(type(o), torch.Tensor)]
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}
    return len(alive) - len(tensors), sum(storages.values())

weighed = []

def weight():
    "The process's memory, without what the C library keeps for later."
    held()
    with suppress(OSError, AttributeError):  # only glibc can give it back
        ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss

def weigh():
    "The least of several: what is on its way to a page weighs only for a moment."
    weighed.append(min(weight() for _ in range(8)))

def slope():
    "Bytes from one weighing to the next: the median over all pairs, so that one jump is none."
    pairs = combinations(enumerate(weighed), 2)
    return median((b - a) / (j - i) for (i, a), (j, b) in pairs)
"""
CELLS = {
    "rl.q_learning": "run = mlwidgets.play('rl.q_learning').start()\nrun",
    **{
        name: f"run = mlwidgets.play({name!r})\nrun"
        for name in ("nlp.attention", "nlp.attention_viz", "vision.cnn_digits")
    },
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
    book.wait_for("ours() == live() and not keeping()", "True")
    book.exec("comms, threads, before = left(), threading.active_count(), held()")
    book.exec("modules, tensors = of_torch(); weigh()")
    each = (AGAIN - WARM - 2) // PARTS
    for _ in range(PARTS):
        run_often(book, 1, each)
        book.wait_for("ours() == live() and not keeping()", "True")
        book.exec("weigh()")
    run_often(book, 1, AGAIN - WARM - 2 - PARTS * each)
    assert int(book.eval("live()")) <= 1
    book.wait_for("ours() == live()", "True")
    book.wait_for("threading.active_count() <= threads", "True")
    book.wait_for("left() <= comms", "True")
    allowed = GROWTH * (AGAIN - WARM - 2)  # what a thread still has in hand is given back soon
    book.wait_for(f"held() - before < {allowed}", "True")
    book.wait_for("of_torch() <= (modules, tensors)", "True")
    assert float(book.eval("slope()")) < each * RESIDENT, book.eval("weighed")
    expect(book.output(1).get_by_role("slider", name="Frame", exact=True)).to_be_visible()


def test_what_is_planted_in_torch_or_in_the_process_is_seen(lab: Lab) -> None:
    book = lab.open([LOAD + "\n" + TOOLS + "\nimport torch"])
    book.run(0)
    assert book.eval("of_torch()") == "(0, 0)"
    book.exec("kept = torch.nn.Linear(100, 100, bias=False)")
    assert book.eval("of_torch()") == "(1, 40000)"
    book.exec(f"for _ in range(6): kept = kept, b'k' * {10 * RESIDENT}; weigh()")
    assert float(book.eval("slope()")) > 6 * RESIDENT


FLOODS = 8
COUNTED = """import time
import mlwidgets
from IPython.display import display

def flood(n: int = 100_000):
    for k in range(n):
        yield {"k": k, "x": k / 7}

floods = [mlwidgets.play(flood) for _ in range(8)]
display(*floods)

published = []

def counted():
    "Note when each message leaves the kernel, whatever it is."
    iopub = get_ipython().kernel.iopub_thread
    send = iopub.send_multipart
    def noted(*given, **more):
        published.append(time.monotonic())
        return send(*given, **more)
    iopub.send_multipart = noted

def busiest():
    "The most messages within any one second."
    ends = published[:]
    return max(sum(0 <= end - begun < 1 for end in ends) for begun in ends)
"""
FLOODED = """begun = time.process_time()  # of the machine, which others may share
for run in floods: run.start()
for run in floods: run.wait()
rate = sum(run.number for run in floods) / (time.process_time() - begun)"""


def test_a_flood_of_frames_is_few_messages_and_every_last_frame_arrives(lab: Lab) -> None:
    """Of eight players at once, counted where the kernel publishes."""
    book = lab.open([LOAD, COUNTED, FLOODED])
    book.run(0)
    book.run(1)
    boxes = book.output(1).get_by_role("group", name="Flood", exact=True)
    players = [Player(boxes.nth(k)) for k in range(FLOODS)]
    for player in players:
        player.show()
        expect(player.frame).to_be_visible()
    book.exec("counted()")
    book.run(2, wait=False)
    wait_until(lambda: book.is_running(2), "the cell is busy")
    wait_until(lambda: not book.is_running(2), "the cell's idle arrives")
    for k, player in enumerate(players):
        settled(book, player, f"floods[{k}]")
        assert player.place == player.last
        expect(player.box.get_by_role("figure").first).to_contain_text("14286")
        assert book.eval(f"floods[{k}].trace.last") == "99999"
    assert float(book.eval("rate")) > 1e5, "it is a flood"
    assert int(book.eval("len(published)")) > 50, "they are counted"
    assert int(book.eval("busiest()")) <= 200


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
