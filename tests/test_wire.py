"""Latest frame wins: nothing queues, the last frame arrives, and all players share one budget."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mlwidgets import Frames, Run, play
from mlwidgets.info import data_of, state_of
from mlwidgets.trace import Trace
from mlwidgets.wire import HEAVY_BYTES, LIGHT_ROWS, SILENT, TICK, WINDOW, Feed, Sender
from tests.waiting import until


def counts(n: int = 10**9, size: int = 4) -> Frames[dict[str, Any]]:
    for k in range(n):
        yield {"k": k, "x": np.full(size, float(k))}


class Pages:
    """A player's two pages, without a browser: they keep what comes, and answer if asked to."""

    comm = object()

    def __init__(self, run: Run, *, answers: bool = True) -> None:
        self.run = run
        self.answers = answers
        self.states: list[dict[str, Any]] = []
        self.data: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.feed = Feed(self, run._core)  # type: ignore[arg-type]  # as much of a player as it needs

    @property
    def state(self) -> dict[str, Any]:
        return self.states[-1]

    @state.setter
    def state(self, said: dict[str, Any]) -> None:
        self.states.append(said)
        self.times.append(time.monotonic())

    def state_now(self) -> dict[str, Any]:
        return state_of(self.run, self.feed.core, self.feed.epoch)

    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.times.append(time.monotonic())
        if content["type"] == "data":
            self.data.append(content)
            if self.answers:
                for client in list(self.feed._acked):
                    self.feed.ack(client, content["seq"])

    def rows(self) -> list[int]:
        """The positions that came, of the last epoch, in the order they came."""
        last = self.data[-1]["epoch"]
        return [k for m in self.data if m["epoch"] == last for k in range(*m["light"])]


@pytest.fixture
def run() -> Iterator[Run]:
    made = play(counts)
    yield made
    made.close()


@pytest.fixture
def silent(run: Run) -> Pages:
    """Two pages that are open and do not answer."""
    pages = Pages(run, answers=False)
    pages.feed.ready("one")
    pages.feed.ready("two")
    return pages


def test_nothing_is_sent_before_a_page_is_open(run: Run) -> None:
    pages = Pages(run)
    assert pages.feed.send(time.monotonic()) == 0
    assert not pages.feed.active


def test_a_page_that_opens_gets_everything_and_the_latest_row(run: Run) -> None:
    pages = Pages(run.step(9))
    pages.feed.ready("one")
    assert pages.feed.send(time.monotonic()) == 1
    (message,) = pages.data
    assert (message["light"], message["heavy"][1], message["count"]) == ((0, 10), 10, 10)


def test_at_most_two_messages_are_unanswered(silent: Pages) -> None:
    now = time.monotonic()
    for k in range(6):
        silent.run.step()
        silent.feed.send(now + k * TICK)
    assert len(silent.data) == WINDOW


def test_the_slowest_of_two_pages_is_waited_for(silent: Pages) -> None:
    now = time.monotonic()
    for k in range(6):
        silent.run.step()
        silent.feed.ack("one", 99)
        silent.feed.send(now + k * TICK)
    assert len(silent.data) == WINDOW


def test_what_could_not_be_sent_comes_with_the_next_message(silent: Pages) -> None:
    now = time.monotonic()
    for k in range(6):
        silent.run.step()
        silent.feed.send(now + k * TICK)
    silent.feed.ack("one", 2)
    silent.feed.ack("two", 2)
    silent.feed.send(now + 6 * TICK)
    assert silent.data[-1]["light"] == (3, 7)
    assert silent.rows() == list(range(7))


def test_messages_keep_their_distance_however_often_it_is_asked(run: Run) -> None:
    pages = Pages(run)
    pages.feed.ready("one")
    now = time.monotonic()
    for k in range(100):
        run.step()
        pages.feed.send(now + k / 1000)
    assert len(pages.data) <= 0.1 / (TICK * 0.9) + 1


def test_a_hidden_page_gets_a_message_now_and_then(silent: Pages) -> None:
    now = time.monotonic()
    for k in range(200):  # ten seconds in which nobody answers
        silent.run.step()
        silent.feed.send(now + k / 20)
    assert len(silent.data) == pytest.approx(WINDOW + 8 / SILENT, abs=1)
    silent.feed.ack("one", 99)
    silent.feed.ack("two", 99)


def test_a_page_that_opens_later_gets_what_the_first_has(silent: Pages) -> None:
    silent.run.step(5)
    silent.feed.send(time.monotonic())
    silent.feed.ready("three")
    silent.feed.send(time.monotonic() + TICK)
    assert [m["light"] for m in silent.data] == [(0, 6), (0, 6)]


def test_a_page_that_opens_while_rows_are_being_sent_misses_none(run: Run) -> None:
    class Opens(Pages):
        def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
            super().send(content, buffers)
            if len(self.data) == 1:
                self.feed.ready("late")

    pages = Opens(run.step(3))
    pages.feed.ready("one")
    now = time.monotonic()
    pages.feed.send(now)
    pages.feed.send(now + TICK)
    assert [m["light"] for m in pages.data] == [(0, 4), (0, 4)]


def test_of_large_rows_the_latest_comes_and_the_others_are_asked_for() -> None:
    run = play(counts, size=HEAVY_BYTES // 16).step(30)
    pages = Pages(run)
    pages.feed.ready("one")
    pages.feed.send(time.monotonic())
    assert (pages.data[0]["light"], pages.data[0]["heavy"]) == ((0, 31), (30, 31))
    run.close()


def test_many_numbers_come_in_pieces() -> None:
    run = play(counts).step(LIGHT_ROWS + 9)
    pages = Pages(run)
    pages.feed.ready("one")
    now = time.monotonic()
    pages.feed.send(now)
    pages.feed.send(now + TICK)
    assert [m["light"] for m in pages.data] == [(0, LIGHT_ROWS), (LIGHT_ROWS, LIGHT_ROWS + 10)]
    run.close()


# epochs -----------------------------------------------------------------------------------


def test_a_restart_is_another_epoch_from_row_0(run: Run) -> None:
    pages = Pages(run.step(5))
    pages.feed.ready("one")
    pages.feed.send(time.monotonic())
    pages.feed.follow(run.restart().step()._core)
    pages.feed.send(time.monotonic() + TICK)
    assert [(m["epoch"], m["light"]) for m in pages.data] == [(1, (0, 6)), (2, (0, 2))]
    assert pages.state["epoch"] == 2


def test_thinning_is_another_epoch_from_row_0(run: Run) -> None:
    run.trace._max = (16, 10**9)
    pages = Pages(run.step(15))
    pages.feed.ready("one")
    pages.feed.send(time.monotonic())
    run.step(5)
    pages.feed.send(time.monotonic() + TICK)
    assert [(m["epoch"], m["light"]) for m in pages.data] == [(1, (0, 16)), (2, (0, 11))]


def test_a_player_made_after_a_thinning_begins_with_its_first_epoch(run: Run) -> None:
    run.trace._max = (16, 10**9)
    pages = Pages(run.step(40))
    pages.feed.ready("one")
    pages.feed.send(time.monotonic())
    assert (run.trace.epoch > 0, pages.data[0]["epoch"]) == (True, 1)


def test_rows_thinned_while_they_are_read_are_not_sent_as_others(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def thinned_meanwhile(trace: Trace, *ranges: Any) -> Any:
        found = data_of(trace, *ranges)
        if trace.epoch == 0:
            trace._max = (8, 10**9)
            run.step(20)
        return found

    monkeypatch.setattr("mlwidgets.wire.data_of", thinned_meanwhile)
    pages = Pages(run.step(5))
    pages.feed.ready("one")
    now = time.monotonic()
    pages.feed.send(now)
    pages.feed.send(now + TICK)
    assert [m["epoch"] for m in pages.data] == [2]
    assert pages.rows() == list(range(len(run.trace)))


# asking for rows --------------------------------------------------------------------------


def test_rows_that_are_asked_for_come_and_nothing_else_is_lost(silent: Pages) -> None:
    silent.run.step(50)
    silent.feed.send(time.monotonic())
    silent.feed.fetch("one", 1, 10, 20)
    silent.feed.send(time.monotonic())
    answer = silent.data[-1]
    assert (answer["light"], answer["heavy"]) == ((51, 51), (10, 20))
    assert {c["part"] for c in answer["cols"]} <= {"light", "heavy"}


@pytest.mark.parametrize(("epoch", "start", "stop"), [(7, 0, 3), (1, 3, 3), (1, -1, 3), (1, 5, 2)])
def test_rows_that_are_not_there_are_not_sent(
    silent: Pages, epoch: int, start: int, stop: int
) -> None:
    silent.feed.send(time.monotonic())
    silent.feed.fetch("one", epoch, start, stop)
    silent.feed.send(time.monotonic())
    assert len(silent.data) == 1


# the sender -------------------------------------------------------------------------------


def test_the_last_frame_always_arrives() -> None:
    sender, run = Sender(), play(counts, n=30_000)
    pages = Pages(run)
    pages.feed.ready("one")
    run._core.watchers.append(sender.wake)
    sender.add(pages.feed)
    run.wait()
    until(lambda: pages.data and pages.data[-1]["count"] == len(run.trace), "the last row")
    last = pages.data[-1]
    assert (last["number"], last["status"]) == (29_999, "done")
    assert pages.rows() == list(range(len(run.trace)))


def test_ten_players_together_stay_below_200_messages_a_second() -> None:
    sender = Sender()
    all_pages = [Pages(play(counts).start(pace=20)) for _ in range(10)]
    for pages in all_pages:
        pages.feed.ready("one")
        sender.add(pages.feed)
    until(lambda: sum(len(p.times) for p in all_pages) > 400, "four hundred messages")
    times = np.sort(np.concatenate([p.times for p in all_pages]))
    in_a_second = np.searchsorted(times, times + 1.0) - np.arange(len(times))
    for pages in all_pages:
        pages.run.close()
        sender.remove(pages.feed)
    assert in_a_second.max() <= 200
    assert min(len(p.data) for p in all_pages) > 10


def test_a_broken_page_does_not_silence_the_others() -> None:
    class Broken(Pages):
        def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
            raise OSError("gone")

    sender = Sender()
    broken, whole = Broken(play(counts).step(3)), Pages(play(counts).step(3))
    for pages in (broken, whole):
        pages.feed.ready("one")
        sender.add(pages.feed)
    until(lambda: whole.data, "the whole one's rows")
    until(lambda: broken.run._core.note, "a note on the broken one")
    assert broken.run._core.note == "Sending failed: OSError: gone"
    broken.run.close()
    whole.run.close()


def fed_and_left(sender: Sender) -> weakref.ref[Feed]:
    """The feed of a player that has had its rows and that nobody holds any more."""
    pages = Pages(play(counts).step(3))
    pages.feed.ready("one")
    sender.add(pages.feed)
    until(lambda: pages.data, "its rows")
    pages.run.close()
    return weakref.ref(pages.feed)


def test_an_idle_sender_keeps_no_feed_alive() -> None:
    sender = Sender()
    feed = fed_and_left(sender)

    def gone() -> bool:
        gc.collect()
        return feed() is None

    until(gone, "the feed is let go")


def test_the_sender_ends_before_the_interpreter_does() -> None:
    sender, pages = Sender(), Pages(play(counts))
    sender.add(pages.feed)
    thread = sender._thread
    assert thread is not None
    sender.stop()
    assert not thread.is_alive()
