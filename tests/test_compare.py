"""Two runs part where they first differ: exactly, and by more than a tolerance."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, TypedDict

import numpy as np
import pytest

from mlwidgets import Frames, Live, Measured, compare, play
from mlwidgets.errors import ParamError, RunError
from mlwidgets.replay.compare import asked, common, parting, unlike


def walk(by: float = 1.0, jump: int = -1, size: float = 0.0, n: int = 2000) -> Frames[Any]:
    """A straight walk that is disturbed once."""
    x = 0.0
    for k in range(n):
        x += by + (size if k == jump else 0.0)
        yield {"x": x, "path": np.full((2, 3), x), "word": f"at {k % 3}", "some": [x] * (k % 4)}


def walk2(by: Live[float] = 1.0) -> Frames[Any]:
    for _ in range(20):
        by = yield {"x": by}


clock = itertools.count()


class Tick(TypedDict):
    k: int
    at: Annotated[float, Measured]


def ticks() -> Frames[Tick]:
    """What only time makes different."""
    for k in range(4):
        yield Tick(k=k, at=float(next(clock)))


def apart(one: Any, other: Any, tolerance: float = 1e-6) -> Any:
    return parting(one.trace, other.trace, "other", tolerance)


@pytest.mark.parametrize("jump", [0, 1, 700, 1999])
def test_the_first_difference_is_found_in_its_frame_and_columns(jump: int) -> None:
    one, other = play(walk).wait(), play(walk, jump=jump, size=0.5).wait()
    found = apart(one, other)
    first = next(
        n for n in range(2000) if one.trace["x"][n] != other.trace["x"][n]
    )  # the slow way, in plain Python
    assert (found.frame, found.beyond) == (first, first)
    assert {"x", "path"} <= set(found.columns) <= {"x", "path", "some"}
    assert found.shared == 2000


def test_a_difference_within_the_tolerance_is_told_as_such() -> None:
    one, other = play(walk).wait(), play(walk, jump=9, size=1e-9).wait()
    found = apart(one, other)
    assert (found.frame, found.beyond) == (9, None)
    assert "parts at frame 9 in x, path" in str(found)
    assert "never by more than 1e-06" in str(found)
    assert apart(one, other, 1e-12).beyond == 9


def test_equal_runs_are_equal_and_nan_is_itself() -> None:
    def lost() -> Frames[Any]:
        for k in range(5):
            yield {"x": float("nan") if k > 2 else 1.0, "y": np.array([np.inf, np.nan])}

    one, other = play(lost).wait(), play(lost).wait()
    assert str(apart(one, other)) == "other: equal in all 5 frames"


def test_a_number_beside_nan_is_beyond_any_tolerance() -> None:
    def lost(nan: bool = False) -> Frames[Any]:
        for k in range(5):
            yield {"x": float("nan") if nan and k == 3 else 1.0}

    assert apart(play(lost).wait(), play(lost, nan=True).wait(), 1e300).beyond == 3


def test_texts_and_lists_part_too() -> None:
    def said(word: str = "a", more: int = 0) -> Frames[Any]:
        for k in range(6):
            yield {"word": word if k == 4 else "same", "list": [1.0] * (2 + (more if k > 2 else 0))}

    assert apart(play(said).wait(), play(said, word="b").wait()).columns == ("word",)
    assert apart(play(said).wait(), play(said, more=1).wait()).frame == 3


def test_thinned_runs_are_compared_at_the_frames_that_both_have() -> None:
    one, other = play(walk, n=25_000).wait(), play(walk, n=9_000, jump=4_001, size=1.0).wait()
    assert one.trace.stride == 4
    found = apart(one, other)
    assert found.frame == 4_004, "the next frame that both have recorded"
    assert (found.before, found.beyond, found.beyond_before) == (4_000, 4_004, 4_000)
    assert "equal at frame 4000, parts by frame 4004 in x, path" in str(found)
    assert "(none between is kept)" in str(found)


def test_what_was_not_kept_is_not_called_equal() -> None:
    one, other = play(walk, n=25_000).wait(), play(walk, n=25_000).wait()
    assert str(apart(one, other)) == "other: equal in all 6251 frames that both have kept, of 25000"
    late = apart(one, play(walk, n=25_000, by=1 + 1e-11).wait(), 1e-9)
    assert (late.frame, late.before) == (0, None)
    assert late.beyond is not None
    assert late.beyond_before == late.beyond - 4
    assert str(late).endswith(f"at frame {late.beyond} in x, path, not at {late.beyond - 4}")


def test_a_change_after_a_frame_that_is_kept_is_told_with_what_is_known() -> None:
    long = play("rl.q_learning", alpha=0.1).wait()
    assert long.trace.stride == 2
    said = str(compare(long, long.branch(at=1000, alpha=0.9).wait()).parted()[0])
    assert "equal at frame 1000, parts by frame 1002 in" in said


def test_what_time_makes_is_not_compared() -> None:
    assert apart(play(ticks).wait(), play(ticks).wait()).frame is None


def test_unlike_frames_are_compared_in_what_is_common_and_the_rest_is_named() -> None:
    def other(n: int = 9) -> Frames[Any]:
        for k in range(n):
            yield {"x": float(k + 1), "path": np.zeros(4), "else": 1}

    one, two = play(walk).wait(), play(other).wait()
    assert [c.name for c in common([one.trace, two.trace])] == ["x"]
    assert unlike([one.trace, two.trace]) == ["path", "word", "some", "else"]
    said = compare(one, two).summary()
    assert "not in all, so not compared: path, word, some, else" in said
    assert "equal in all 9 frames" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda a, b: [a], "compare takes 2 to 12 runs, not 1"),
        (lambda a, b: [a] * 2, "a run is given twice"),
        (lambda a, b: [a, "rl.q_learning"], "cannot compare str 'rl.q_learning': give runs"),
        (lambda a, b: [a, b], "these runs have no column in common"),
    ],
)
def test_what_cannot_be_compared_is_told(given: Any, said: str) -> None:
    def alien() -> Frames[Any]:
        yield {"z": 1}

    with pytest.raises(RunError, match=said):
        compare(*given(play(walk), play(alien)))


@pytest.mark.parametrize("tolerance", [-1, float("nan"), "little"])
def test_a_tolerance_is_a_number(tolerance: Any) -> None:
    both = compare(play(walk), play(walk, by=2.0))
    with pytest.raises(ParamError, match="must be a number of at least 0"):
        both.parted(tolerance)


def test_labels_say_what_is_different() -> None:
    runs = [play(walk), play(walk, by=2.0), play(walk, by=2.0, jump=3)]
    assert compare(*runs).labels == (
        "by = 1, jump = -1",
        "by = 2, jump = -1",
        "by = 2, jump = 3",
    )
    assert compare(*runs[:2]).labels == ("by = 1", "by = 2")
    assert compare(runs[0], runs[2], labels=["ours", "theirs"]).labels == ("ours", "theirs")
    steered = {k: {"by": 1.0 + k} for k in range(1, 6)}
    many = compare(play(walk2), play(walk2, steering=steered).step(9))
    assert many.labels[1] == "by = 2.0 at 1, by = 3.0 at 2, by = 4.0 at 3, 2 more changes"
    twins = compare(runs[0], runs[0].branch())
    assert len(set(twins.labels)) == 2


def test_the_page_measures_from_the_run_given_first_also_where_another_is_longer() -> None:
    first, longest = play(walk, n=5).wait(), play(walk, n=50, jump=3, size=1.0).wait()
    third = play(walk, n=40, jump=2, size=2.0).wait()
    both = compare(first, longest, third)
    told = asked(both.player, {"tolerance": 1e-6})
    assert [part["text"] for part in told] == [str(part) for part in both.parted()]
    assert both.player.run is longest
