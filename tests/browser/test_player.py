"""The player in JupyterLab: load, play, pause, step, scrub, restart; by mouse and by keys alone."""

from __future__ import annotations

import ast
from functools import partial

from playwright.sync_api import Locator, expect

from tests.browser.lab import Book, Lab, wait_until
from tests.browser.playing import LOAD, PLAY, Player, colours, number, opened, settled

RECORDED = "run = %ml rl.q_learning episodes=40\nrun.wait()\nrun"


def test_frame_0_is_painted_and_told_before_anything_is_pressed(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    for title in ("Value and greedy action", "Return", "TD error"):
        assert colours(player.view(title)) > 3, title
    expect(player.status).to_contain_text("ready")
    expect(player.box.get_by_role("status")).to_have_count(1)
    assert (book.eval("run.status"), book.eval("run.number"), player.last) == ("ready", "0", 0)


def test_play_goes_on_and_pause_holds_at_a_frame(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.play()
    player.advances(20)
    assert book.eval("run.status") == "running"
    expect(player.status).to_contain_text("running")
    player.pause()
    settled(book, player)
    assert (book.eval("run.status"), player.place) == ("paused", player.last)
    expect(player.status).to_contain_text("paused")
    held = book.eval("run.number")
    player.play()
    player.advances(20)
    assert int(book.eval("run.number")) > int(held)


def test_the_pace_is_a_choice_and_full_speed_ends_the_run_at_once(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.choose("Pace", "full speed")
    player.button("Play").click()
    book.wait_for("run.status", "done")
    settled(book, player)
    expect(player.status).to_contain_text("finished")
    assert book.eval("run.trace['episode'][-1]") == "300"
    assert player.place == player.last


def test_a_step_is_an_episode_and_says_so(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "1")
    settled(book, player)
    assert book.eval("run.trace['episode'].tolist().count(1)") == "1", "it ends with the episode"
    expect(player.frame).to_have_attribute("aria-valuetext", "after episode 1")
    first = player.last
    player.button("Step forward").click()
    book.wait_for("run.trace['episode'][-1]", "2")
    settled(book, player)
    expect(player.frame).to_have_attribute("aria-valuetext", "after episode 2")
    player.button("Step back").click()
    player.at(first)
    player.button("Step back").click()
    player.at(0)
    expect(player.button("Step back")).to_be_disabled()
    player.button("Step forward").click()
    player.at(first)
    assert book.eval("run.trace['episode'][-1]") == "2", "the past was walked, not computed again"


def test_a_step_is_a_move_where_that_is_chosen(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.choose("Step unit", "move")
    for step in (1, 2, 3):
        player.button("Step forward").click()
        book.wait_for("run.number", str(step))
        player.at(step)
    expect(player.frame).to_have_attribute("aria-valuetext", "episode 1, move 3")
    player.button("Step back").click()
    player.at(2)
    player.button("Step forward").click()
    player.at(3)
    assert (book.eval("run.number"), book.eval("run.status")) == ("3", "paused")


def test_any_frame_can_be_scrubbed_to_and_shows_what_the_trace_holds_there(lab: Lab) -> None:
    book = lab.open([LOAD, RECORDED])
    book.run_all()
    player = opened(book, 1)
    settled(book, player)
    player.choose("Step unit", "move")
    last = int(book.eval("run.number"))
    for place in (0, 1, last // 3, last - 1, last // 7, last):
        player.scrub(place)
        expect(player.box).to_contain_text(f"{place} / {last}")
        assert book.eval(f"run.trace.frames[{place}]") == str(place)
        board = board_in_kernel(book, place)
        wait_until(partial(shows, player, board), f"the board of frame {place} is shown")


def board_in_kernel(book: Book, place: int) -> list[float | None]:
    """The value of each square; None where nothing has been learned of it."""
    squares = f"run.trace['Q'][{place}]"
    values = book.eval(f"[q.max().item() if q.any() else None for q in {squares}]")
    return list(ast.literal_eval(values))


def shows(player: Player, board: list[float | None]) -> bool:
    """Whether the table behind the board holds these values, to the digits that it writes."""
    texts = [row[3] for row in player.table("Value and greedy action")]
    shown = [None if text == "–" else number(text) for text in texts]
    return len(shown) == len(board) and all(map(near, shown, board))


def near(shown: float | None, true: float | None) -> bool:
    if shown is None or true is None:
        return shown is true
    return abs(shown - true) <= 0.006 + 0.01 * abs(true)


def test_restart_goes_back_to_frame_0_and_a_parameter_that_is_not_live_does_too(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    player.play()
    player.advances(20)
    player.button("Restart").click()
    book.wait_for("run.status", "ready")
    settled(book, player)
    assert (book.eval("len(run.trace)"), player.place) == ("1", 0)
    player.play()
    player.advances(20)
    player.slider("gamma discount").fill("0.9")
    book.wait_for("run.params['gamma']", "0.9")
    book.wait_for("run.status", "running")
    assert (book.eval("run.events"), book.eval("'gamma=0.9' in run.line")) == ("()", "True")
    player.advances(20)


def test_the_keyboard_alone_is_enough(lab: Lab) -> None:
    book = lab.open([LOAD, PLAY])
    book.run_all()
    player = opened(book, 1)
    press = book.page.keyboard.press

    tab_to(player.button("Play"))
    press("Space")
    expect(player.button("Pause")).to_be_visible()
    player.advances(30)
    press("Space")
    expect(player.button("Play")).to_be_visible()
    settled(book, player)
    last = player.last

    tab_to(player.box.get_by_role("combobox", name="Step unit"))
    press("ArrowUp")  # from the episode to the move
    tab_to(player.frame)
    for key, place in (
        ("Home", 0),
        ("ArrowRight", 1),
        ("PageDown", 11),
        ("ArrowLeft", 10),
        ("PageUp", 0),
        ("End", last),
    ):
        press(key)
        player.at(place)
    press("Space")
    book.wait_for("run.status", "running")
    press("Space")
    book.wait_for("run.status", "paused")

    tab_to(player.slider("epsilon exploration"))
    press("ArrowRight")
    book.wait_for("run.params['epsilon']", "0.11")
    press("b")  # in a notebook: a new cell below
    assert book.page.evaluate("() => lab.panel().content.widgets.length") == 2


def tab_to(control: Locator) -> None:
    """Press Tab until the control has the focus, as a reader without a mouse does."""
    for _ in range(100):
        if control.evaluate("(node) => node.getRootNode().activeElement === node"):
            return
        control.page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {control}")


GUESSED = '''
from typing import Annotated
import numpy as np
from mlwidgets import Live, Range

def spread(x: float = 0.0, rate: Live[Annotated[float, Range(0, 1)]] = 0.5, steps: int = 50):
    """Spread: heat runs along a rod."""
    heat = np.zeros((6, 6))
    heat[0, 0] = x
    for k in range(steps):
        rate = yield {"heat": heat, "hottest": float(heat.max()), "step": k}
        heat += rate * 0.25 * (np.roll(heat, 1, 0) + np.roll(heat, 1, 1) - 2 * heat)

run = mlwidgets.play(spread, x=1)
run
'''


def test_a_generator_of_a_cell_plays_with_views_and_controls_of_its_own(lab: Lab) -> None:
    book = lab.open([LOAD, GUESSED])
    book.run_all()
    player = opened(book, 1, "Spread")
    assert player.box.get_by_role("img").count() >= 2, "a matrix and a curve"
    expect(player.field("x")).to_have_value("1")
    player.slider("rate").fill("0.25")
    book.wait_for("run.params['rate']", "0.25")
    player.choose("Pace", "full speed")
    player.button("Play").click()
    book.wait_for("run.status", "done")
    settled(book, player)
    assert player.last == 49
    assert colours(player.box.get_by_role("img").first) > 5
    book.screenshot("guessed")


def test_a_magic_can_start_the_run_and_its_player_follows(lab: Lab) -> None:
    book = lab.open([LOAD, "run = %ml rl.q_learning --pace 20\nrun"])
    book.run_all()
    player = opened(book, 1)
    expect(player.button("Pause")).to_be_visible()
    player.advances(10)
