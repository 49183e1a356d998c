"""The player answers its pages: every request once, and no message harms it."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
from collections.abc import Iterator
from threading import Thread
from typing import Annotated, Any, NotRequired, TypedDict

import pytest

from mlwidgets import Frames, Line, Points, PointsKind, Run, algorithm, play
from mlwidgets.drivers import ThreadDriver
from mlwidgets.player import STATIC, Player, chunk, front_end
from mlwidgets.wire import sender
from tests.test_branch import either
from tests.test_run import walk
from tests.waiting import until


class Watched(Player):
    """A player that keeps what it sends."""

    def __init__(self, run: Run) -> None:
        self.said: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(run)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.said.append((content, list(buffers or [])))

    def answer(self, request: int) -> dict[str, Any]:
        """What was answered to a request."""

        def answers() -> list[dict[str, Any]]:
            return [c for c, _ in self.said if c.get("id") == request]

        until(answers, f"an answer to {request}")
        return answers()[0]

    def ask(self, action: str, request: int = 1, **more: Any) -> dict[str, Any]:
        self.receive({"type": "do", "client": "page", "id": request, "action": action, **more})
        return self.answer(request)


@pytest.fixture
def player() -> Iterator[Watched]:
    made = Watched(play(walk, laps=2000))
    made.run._player = made
    made.receive({"type": "ready", "client": "page"})
    yield made
    made.run.close()


OK = {"type": "done", "client": "page", "id": 1, "error": None, "param": None}


def test_the_front_end_is_sent_gzipped_and_named_by_its_hash() -> None:
    digest, code = front_end()
    assert hashlib.sha256(code).hexdigest() == digest
    assert gzip.decompress(code) == (STATIC / "player.js").read_bytes()


def test_two_players_share_one_piece_of_javascript(player: Watched) -> None:
    other = Watched(play(walk))
    assert other._chunks[0][:3] == player._chunks[0][:3]
    code = f"anywidget:{chunk().model_id}"
    assert other._chunks[0][1:] == [chunk().hash, code, other.model_id]
    other.run.close()


def test_what_a_player_holds_is_json_and_paints_frame_0(player: Watched) -> None:
    said = json.loads(json.dumps([player.info, player.state], allow_nan=False))
    assert (said[0]["title"], said[1]["status"]) == ("Walking", "ready")
    plain = gzip.decompress(player.first)
    (length,) = struct.unpack_from("<I", plain)
    assert json.loads(plain[4 : 4 + length])["light"] == [0, 1]


def test_a_page_that_opens_gets_the_rows(player: Watched) -> None:
    until(lambda: any(c["type"] == "data" for c, _ in player.said), "the first rows")
    data = next(c for c, _ in player.said if c["type"] == "data")
    assert (data["epoch"], data["light"]) == (1, (0, 1))


def test_a_page_can_ask_for_the_code(player: Watched) -> None:
    player.receive({"type": "code", "hash": "any"})
    codes = [(c, b) for c, b in player.said if c["type"] == "code"]
    assert codes == [({"type": "code", "hash": front_end()[0]}, [front_end()[1]])]


def test_a_step_is_done_and_answered(player: Watched) -> None:
    assert player.ask("step") == OK
    until(lambda: player.run.number == 1, "frame 1")
    assert player.ask("step", 2, step="lap")["error"] is None
    until(lambda: player.run.number == 5, "the end of the lap")


def test_play_and_pause_and_stop(player: Watched) -> None:
    assert player.ask("play", 1, pace="step") == OK
    until(lambda: player.run.number > 0, "a frame")
    assert player.ask("pause", 2)["error"] is None
    until(lambda: player.run.status == "paused", "it is held")
    assert player.ask("stop", 3)["error"] is None
    until(lambda: player.run.status == "stopped", "it is stopped")


def test_the_state_follows_the_run(player: Watched) -> None:
    player.run.step(3)
    until(lambda: player.state["status"] == "paused", "the state says paused")
    assert player.state["number"] == 3


def test_a_parameter_can_be_steered(player: Watched) -> None:
    assert player.ask("set", name="by", value=2.5) == OK
    assert player.run.params["by"] == 2.5


def test_a_wrong_value_is_answered_with_its_parameter(player: Watched) -> None:
    answer = player.ask("set", name="by", value=99)
    assert (answer["error"], answer["param"]) == ("by=99: must lie in [0, 9]", "by")


def test_a_restart_is_answered_and_gets_a_thread_of_its_own(player: Watched) -> None:
    player.run.step(7)
    assert player.ask("restart", params={"laps": 3}, play=True) == OK
    assert isinstance(player.run._driver, ThreadDriver)
    until(lambda: player.run.status == "done", "the restarted run has ended")
    assert player.run.number == 15


def test_a_restart_begins_a_new_epoch(player: Watched) -> None:
    player.ask("restart", params={}, play=False)
    until(lambda: player.state["epoch"] == 2, "the state's epoch is 2")
    until(lambda: any(c.get("epoch") == 2 for c, _ in player.said if c["type"] == "data"), "rows")


def test_a_refused_restart_is_answered_and_changes_nothing(player: Watched) -> None:
    core = player.run._core
    answer = player.ask("restart", params={"laps": 0})
    assert (answer["param"], answer["error"][:7]) == ("laps", "laps=0:")
    assert player.run._core is core


def test_a_restart_with_other_columns_tells_its_pages_to_begin_anew() -> None:
    player = Watched(play(either))
    told: list[Any] = []
    player.observe(lambda change: told.append(change["new"]), "info")
    assert player.ask("restart", params={"by": 0.1}) == OK
    assert not told, "the figures are the same"
    assert player.ask("restart", params={"there": True}, request=2) == OK | {"id": 2}
    (info,) = told
    assert [view["columns"] for view in info["views"]] == [["there"], ["deep"]]
    assert player.first == b"", "what the page began with is of other columns"
    player.run.close()


@pytest.mark.parametrize("params", [3, [1], "x", {"self": 1}, {"a": {}}])
def test_a_restart_with_nonsense_is_answered(player: Watched, params: Any) -> None:
    assert player.ask("restart", params=params)["error"]


@pytest.mark.parametrize(
    "more",
    [
        {"action": "dance"},
        {"action": "set"},
        {"action": "set", "name": "nothing", "value": 1},
        {"action": "set", "name": "self", "value": 1},
        {"action": "set", "name": "by", "value": {}},
        {"action": "step", "step": "mile"},
        {"action": "play", "pace": "fast"},
        {"action": "play", "pace": -1},
        {"action": "play", "pace": []},
        {"action": []},
        {},
    ],
    ids=str,
)
def test_every_wrong_request_is_answered_with_one_line(
    player: Watched, more: dict[str, Any]
) -> None:
    player.receive({"type": "do", "client": "page", "id": 5, **more})
    error = player.answer(5)["error"]
    assert error
    assert "\n" not in error


@pytest.mark.parametrize(
    "content",
    [
        None,
        7,
        [],
        {},
        {"type": "nothing"},
        {"type": []},
        {"type": "ack", "client": "page"},
        {"type": "ack", "client": "page", "seq": "x"},
        {"type": "fetch", "client": "page", "epoch": 1, "from": None, "to": 3},
        {"type": "fetch", "client": "page", "epoch": 1, "from": 10**30, "to": 10**31},
        {"type": "do"},
        {"type": "ready", "client": {"a": 1}},
    ],
    ids=str,
)
def test_no_message_harms_the_player(player: Watched, content: Any) -> None:
    player.receive(content)
    assert player.ask("step", 9)["error"] is None
    until(lambda: player.run.number == 1, "frame 1")


def test_a_run_has_one_player_that_hears_of_a_change_once() -> None:
    run = play(walk)
    assert run.player is run.player
    assert run._core.watchers.count(run.player.told) == 1
    run.close()


def test_a_bundle_has_a_text_and_a_picture_beside_the_widget(player: Watched) -> None:
    data, _ = player._repr_mimebundle_()
    assert data["text/plain"].startswith("Walking · ")
    assert data["image/svg+xml"].startswith("<svg")


def test_outside_a_notebook_a_run_is_shown_as_text(player: Watched) -> None:
    bundle = player.run._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" not in data
    assert data["text/plain"] == player.run.summary()


def test_a_closed_run_takes_its_player_along(player: Watched) -> None:
    player.run.close()
    assert player.comm is None
    player.receive({"type": "ready", "client": "late"})


def test_an_answer_says_whom_it_is_for(player: Watched) -> None:
    player.receive({"type": "do", "client": "other", "id": 1, "action": "pause"})
    assert player.answer(1)["client"] == "other"


def test_a_run_that_another_window_has_closed_is_told(player: Watched) -> None:
    assert player.ask("show", 9, place=7)["error"] == "run 7 of this family is closed"


def test_a_closed_player_is_collected_in_the_midst_of_sending(player: Watched) -> None:
    """Collection comes at any line, on any thread, also where the sender holds its lock."""
    player.run.close()
    with sender._lock:
        thread = Thread(target=player.close, daemon=True)  # as its __del__ does
        thread.start()
        thread.join(10)
        assert not thread.is_alive()


def clicked(
    places: Annotated[Points, PointsKind()] = Points("moons"),  # noqa: B008  never changed
    seed: int = 0,
) -> Frames[dict[str, int]]:
    yield {"many": len(places)}


@pytest.mark.parametrize(
    ("places", "many"), [({"xy": [[0.5, 0.5]], "labels": [0]}, 1), ("line:7", 7)], ids=str
)
def test_a_run_begun_with_what_a_hand_drew_is_told_to_the_page(places: Any, many: int) -> None:
    player = Watched(play(clicked))
    player.run._player = player
    player.receive({"type": "ready", "client": "page"})
    answer = player.ask("try", 9, params={"places": places, "seed": 0})
    assert answer["error"] is None
    until(lambda: len(player.state.get("family", ())) == 2, "the page is told of both")
    assert player.state["family"][1]["label"].startswith("places")
    assert "seed" not in player.state["family"][1]["label"], "as it was"
    assert player.run.step().trace["many"][-1] == many
    player.run.close()


class Perhaps(TypedDict):
    one: float
    two: NotRequired[float]


@algorithm(Line("one"), Line("two"))
def perhaps(both: bool = False) -> Frames[Perhaps]:
    yield {"one": 1.0, "two": 2.0} if both else {"one": 1.0}


def test_a_question_that_brings_another_column_brings_its_view() -> None:
    player = Watched(play(perhaps))
    player.run._player = player
    player.receive({"type": "ready", "client": "page"})
    assert drawn(player) == [["one"]]
    assert player.ask("try", 1, params={"both": True})["error"] is None
    assert drawn(player) == [["one"], ["two"]]
    assert player.ask("show", 2, place=0)["error"] is None
    assert drawn(player) == [["one"]], "as it was"
    player.run.close()


def drawn(player: Player) -> list[list[str]]:
    return [view["columns"] for view in player.info["views"]]
