"""A row of `make bench`: medians of pairs, a ratio, and a bar met only with its quality."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.side import Measured, Row, Timed, main, measure, table


def row(**changed: Any) -> Row:
    told: dict[str, Any] = {
        "name": "x.y",
        "what": "work",
        "peer": "them",
        "ours": lambda: Timed(1.0, 10.0),
        "theirs": lambda: Timed(3.0, 10.0),
        "bar": 2.0,
        "quality": float,
        "judged": "accuracy",
    }
    return Row(**{**told, **changed})


def test_a_ratio_is_the_peers_time_over_ours_and_its_median_counts() -> None:
    times = iter([9.0, 1.0, 2.0, 4.0])
    found = measure(row(ours=lambda: Timed(next(times), 10.0), pairs=3))
    assert found.ours == [1.0, 2.0, 4.0], "the first call only warms up"
    assert found.ratios == [3.0, 1.5, 0.75]
    assert found.met is False
    assert "1.5 (0.75 to 3)" in found.cells("cpu")


def test_calls_are_made_in_turns() -> None:
    said: list[str] = []

    def saying(who: str) -> float:
        said.append(who)
        return 1.0

    measure(row(ours=lambda: saying("A"), theirs=lambda: saying("B")))
    assert "".join(said) == "AB" * 6


@pytest.mark.parametrize(
    ("better", "within", "ours", "met"),
    [
        ("higher", 0.0, 9.9, False),
        ("higher", 0.01, 9.9, True),
        ("lower", 0.0, 10.1, False),
        ("lower", 0.01, 10.1, True),
        ("error", 1e-5, 2e-5, False),
        ("error", 1e-5, 1e-6, True),
    ],
)
def test_a_bar_is_met_only_with_its_quality(
    better: Any, within: float, ours: float, met: bool
) -> None:
    found = measure(row(ours=lambda: Timed(1.0, ours), better=better, within=within))
    assert found.met is met


def test_a_peer_that_is_absent_leaves_its_column_empty() -> None:
    def absent() -> Any:
        raise ImportError("No module named 'them'")

    found = measure(row(theirs=absent))
    assert (found.theirs, found.met) == ([], None)
    assert "not installed: No module named 'them'" in found.note
    assert "no peer" in table([found], "cpu")


def test_a_gpu_has_a_column_of_its_own() -> None:
    found = Measured(row(work=8.0, unit="steps"), [2.0], [4.0], (1.0, 1.0), "")
    assert found.cells("cpu")[2:4] == ["4 steps/s", "not run"]
    assert found.cells("cuda")[2:4] == ["not run", "4 steps/s"]


def test_an_unknown_topic_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["visoin"])
    assert "unknown topic: visoin (known: nlp," in capsys.readouterr().err


def test_work_needs_its_unit() -> None:
    with pytest.raises(ValueError, match="work and unit"):
        row(work=1.0)
