"""Busy kernels, several players and views, reloads, restarts: a run and its players live on."""

from __future__ import annotations

import json
from functools import partial

from playwright.sync_api import WebSocket, expect

from benchmarks.wire import decode, total
from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, PLAY, opened, settled

OURS = "sorted(t.name for t in threading.enumerate() if t.name.startswith('mlwidgets'))"
KEEPERS = "sum(t.name == 'mlwidgets keeper' for t in threading.enumerate())"


def test_a_pause_reaches_the_run_while_a_cell_is_busy(lab: Lab) -> None:
    busy = "import time\ntime.sleep(8)\nprint(run.status, run.number)"
    book = lab.open([LOAD, PLAY, busy])
    book.run(0)
    book.run(1)
    player = opened(book, 1)
    player.play()
    player.advances(10)
    book.run(2, wait=False)
    wait_until(lambda: book.is_running(2), "the cell is busy")
    player.pause()
    expect(player.status).to_contain_text("paused")
    assert book.is_running(2), "the page knows before the cell has ended"
    wait_until(lambda: not book.is_running(2), "the cell has ended")
    expect(book.output(2)).to_have_text(f"paused {book.eval('run.number')}")


def test_frames_come_while_a_cell_is_busy(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "import threading; go = threading.Event()", "go.wait(60)"])
    for i in range(3):
        book.run(i)
    player = opened(book, 1)
    book.run(3, wait=False)
    wait_until(lambda: book.is_running(3), "the cell is busy")
    player.play()
    player.advances(50)
    player.slider("alpha learning rate").fill("0.3")
    player.advances(50)
    player.scrub(10)
    assert book.is_running(3)
    lab.server.api("POST", f"kernels/{book.kernel_id}/interrupt")
    wait_until(lambda: not book.is_running(3), "the cell was interrupted")
    assert book.eval("(run.params['alpha'], run.status)") == "(0.3, 'running')"


def test_two_players_go_at_once_and_each_is_its_own(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "other = %ml rl.q_learning seed=1\nother"])
    book.run_all()
    first, second = opened(book, 1), opened(book, 2)
    first.play()
    second.play()
    first.advances(20)
    second.advances(20)
    first.pause()
    assert book.eval("other.status") == "running"
    second.slider("epsilon exploration").fill("0.6")
    book.wait_for("other.params['epsilon']", "0.6")
    assert book.eval("run.params['epsilon']") == "0.1"
    second.advances(20)


def test_two_views_of_a_run_show_the_same_run(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "run"])
    book.run_all()
    first, second = opened(book, 1), opened(book, 2)
    first.play()
    second.advances(20)
    expect(second.button("Pause")).to_be_visible()
    second.slider("alpha learning rate").fill("0.25")
    alpha = first.slider("alpha learning rate")
    first.show()
    expect(alpha).to_have_value("0.25")
    second.pause()
    book.wait_for("run.status", "paused")
    first.show()
    expect(first.button("Play")).to_be_visible()
    settled(book, first)
    settled(book, second)
    first.scrub(3)
    assert second.place == second.last, "each looks where it likes"


def test_a_reloaded_page_shows_the_run_where_it_is_and_goes_on(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.play()
    player.advances(20)
    player.slider("epsilon exploration").fill("0.2")
    book.wait_for("run.params['epsilon']", "0.2")
    book.reload()
    player = opened(book, 1)
    expect(player.button("Pause")).to_be_visible()
    player.advances(20)
    expect(player.slider("epsilon exploration")).to_have_value("0.2")
    player.pause()
    settled(book, player)
    player.scrub(2)
    player.button("Play").click()
    wait_until(lambda: player.place > 2, "it plays on through what is recorded")


def test_a_restarted_kernel_leaves_the_picture_and_the_cells_play_anew(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "1")
    settled(book, player)
    book.restart_kernel()
    expect(player.frame).to_be_visible()
    book.run_all()
    player = opened(book, 1)
    assert (book.eval("run.status"), player.last) == ("ready", 0)
    player.play()
    player.advances(20)


def test_a_cell_run_ten_times_leaves_one_run_and_no_thread_behind(lab: Lab) -> None:
    book = lab.open([LOAD + "\nimport threading", "%ml rl.q_learning"])
    book.run(0)
    book.run(1)
    opened(book, 1).play()
    book.wait_for("mlwidgets.runs()[0].status", "running")
    book.wait_for(KEEPERS, "0")  # it comes and goes
    threads = book.eval(OURS)
    for _ in range(10):
        book.run(1)
    assert book.eval("len(mlwidgets.runs())") == "1"
    book.wait_for(OURS, threads)
    player = opened(book, 1)
    player.play()
    player.advances(20)


def test_a_second_player_brings_little_beside_its_data(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "other = %ml rl.q_learning seed=1\nother"])
    frames: list[bytes] = []
    book.page.on("websocket", partial(listen, frames))
    book.reload()
    book.run(0)
    book.run(1)
    opened(book, 1)
    frames.clear()
    book.run(2)
    opened(book, 2)
    messages = [decode(frame) for frame in frames]
    models = [message for message in messages if message.kind == "comm_open"]
    described = [m.state[name] for m in models for name in ("info", "state") if name in m.state]
    texts = sum(len(json.dumps(value, ensure_ascii=False).encode()) for value in described)
    data = texts + sum(sum(message.buffers) for message in models)
    assert len(described) == 2
    assert total(messages) < 40_000, "the code did not come again"
    assert total(models) - data <= 4096, "beside what describes the run and its first frame"


def listen(frames: list[bytes], socket: WebSocket) -> None:
    if "/channels" in socket.url:
        socket.on("framereceived", lambda frame: frames.append(as_bytes(frame)))


def as_bytes(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()


def test_a_file_goes_to_the_view_that_asked_for_it(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY, "run"])
    book.run_all()
    opened(book, 2)
    files: list[str] = []
    book.page.on("download", lambda file: files.append(file.suggested_filename))
    first = opened(book, 1)
    first.button("Export").click()
    with book.page.expect_download():
        first.button("Save page").click()
    expect(first.box.get_by_text("The page is on its way")).to_be_visible()
    first.button("Step forward").click()  # answered after whatever else was sent
    book.wait_for("run.trace['episode'][-1]", "1")
    assert files == ["rl_q_learning.html"]
