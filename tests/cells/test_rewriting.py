"""Which loop is recorded, what counts as an assignment, and what is said of a wrong line."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

import numpy as np
import pytest

from mlwidgets import MLError, Run
from mlwidgets.cells.line import read_line
from mlwidgets.cells.loops import the_loop
from scripts.gallery import README
from tests.shell import Shell, shell
from tests.test_readme import blocks
from tests.waiting import until


@pytest.fixture
def ip() -> Iterator[Shell]:
    with shell() as made:
        yield made


def run_of(ip: Shell, line: str, body: str) -> Run:
    ip.run(f"%%ml record {line} -o run\n{textwrap.dedent(body)}")
    run = ip.ip.user_ns["run"]
    assert isinstance(run, Run)
    return run


@pytest.mark.parametrize(
    ("names", "line"),
    [("loss", 5), ("total", 5), ("acc", 2), ("seen", 6), ("acc loss", 2), ("x.y loss", 5)],
)
def test_the_innermost_loop_of_the_first_plain_name_is_the_one(names: str, line: int) -> None:
    cell = textwrap.dedent("""\
        loss = 0
        for epoch in range(3):
            total = 0
            def f(): loss = [loss for loss in range(3)]
            for batch in range(3):
                while (seen := batch) > 5: pass
                loss = total = total + loss
            acc = [total for total in range(3)]
        for k in range(2):
            loss = k
    """)
    found = the_loop(ast.parse(cell), read_line(f"record {names}"), ["x"])
    assert found.node.lineno == line


@pytest.mark.parametrize(
    "statement",
    [
        "loss += k",
        "loss, other = k, 0",
        "[other, *loss] = k, 0, 1",
        "loss: int = k",
        "(loss := k)",
        "[(loss := n) for n in range(3)]",
        "for loss in (1, 2): pass",
        "with suppress(KeyError) as loss: pass",
        "import sys as loss",
        "if k or (loss := 3): loss = 4",
        "try: 1 / 0\n    except ZeroDivisionError as loss: pass",
        "match k:\n        case loss: pass",
    ],
)
def test_every_kind_of_assignment_counts(ip: Shell, statement: str) -> None:
    again = "loss = 1" if any(w in statement for w in ("import", "except", "with")) else "pass"
    run = run_of(
        ip,
        "loss",
        "from contextlib import suppress\nloss = 0\nfor k in range(4):\n    if k == 2: continue\n"
        f"    {statement}\n    {again}",
    )
    assert len(run.trace) == 3 if "for loss" not in statement else 6


def test_dotted_names_are_read_where_the_plain_one_is(ip: Shell) -> None:
    run = run_of(
        ip,
        "loss box.weight[0] opt['groups'][-1][\"lr\"] self.late, box.weight[:2, None]",
        """
        import numpy as np
        from types import SimpleNamespace as Box
        box, opt, self = Box(weight=np.arange(3.0)), {"groups": [{"lr": 1.0}]}, Box(late=None)
        for k in range(3):
            loss = k
            box.weight += 1
            opt["groups"][-1]["lr"] /= 2
        """,
    )
    assert run.trace["box.weight[0]"].tolist() == [1, 2, 3]
    assert run.trace["opt['groups'][-1][\"lr\"]"].tolist() == [0.5, 0.25, 0.125]
    assert run.find("opt['groups'][-1]['lr'] < 0.2 and box.weight[0] > 0").tolist() == [2]
    assert run.trace["box.weight[:2, None]"].shape == (3, 2, 1)
    assert np.isnan(run.trace["self.late"]).all()


def test_an_attribute_that_the_loop_assigns_can_stand_alone(ip: Shell) -> None:
    body = """
        class Net:
            def fit(self):
                for k in range(6):
                    if k % 2:
                        self.loss = k
        Net().fit()
    """
    assert run_of(ip, "self.loss", body).trace["self.loss"].tolist() == [1, 3, 5]


def test_every_takes_each_nth_pass_that_assigns(ip: Shell) -> None:
    body = "for k in range(20):\n    if k % 2: loss = k"
    assert run_of(ip, "loss every=3", body).trace["loss"].tolist() == [1, 7, 13, 19]


def test_a_name_that_comes_later_is_absent_before(ip: Shell) -> None:
    run = run_of(ip, "loss acc", "for k in range(4):\n    loss = k\n    if k > 1: acc = k / 2")
    assert np.isnan(run.trace["acc"][:2]).all()
    assert run.trace["acc"][2:].tolist() == [1, 1.5]


def test_what_does_not_fit_later_is_left_out_and_said(ip: Shell) -> None:
    run = run_of(
        ip,
        "loss x",
        "import numpy as np\nfor k in range(4):\n    x = np.ones(4 - k // 3)\n    loss = k",
    )
    assert len(run.trace) == 4
    assert np.isnan(run.trace["x"][3]).all()
    assert "Frame 3: 'x' has shape (3,)" in run._core.note


def test_tensors_are_taken_off_the_graph(ip: Shell) -> None:
    pytest.importorskip("torch")
    run = run_of(
        ip,
        "loss w",
        """
        import torch
        w = torch.ones(2, requires_grad=True)
        for k in range(3):
            loss = (w * k).sum()
            w = w + 1
        """,
    )
    assert run.trace["loss"].tolist() == [0, 4, 12]
    assert run.trace["w"].tolist() == [[2, 2], [3, 3], [4, 4]]
    assert not hasattr(run._core.frame["w"], "grad_fn")


def test_no_number_is_recorded_as_it_is(ip: Shell) -> None:
    run = run_of(ip, "loss", "for k in range(2):\n    loss = float('nan') if k else float('inf')")
    assert np.isinf(run.trace["loss"][0])
    assert np.isnan(run.trace["loss"][1])


LOOP = "for k in range(3):\n    loss = k"


@pytest.mark.parametrize(
    ("line", "body", "said"),
    [
        ("lss", LOOP, "no loop of this cell assigns 'lss'. Did you mean 'loss'?"),
        ("loss acq", f"acc = 1\n{LOOP}", "no 'acq' in this cell or notebook. Did you mean 'acc'?"),
        ("box.weight", f"box = 1\n{LOOP}", "Name first a plain name that it assigns"),
        ("", LOOP, "needs a name, such as `%%ml record loss` (assigned in its loops: k, loss)"),
        ("loss", "loss = 1", "this cell has no loop"),
        ("loss every=0", LOOP, "every=0: must be a whole number of passes, 1 or more"),
        ("loss every=often", LOOP, "every=often: must be a whole number of passes"),
        ("loss evry=2", LOOP, "no setting 'evry'. Did you mean 'every'?"),
        ("loss --detatch", LOOP, "no option '--detatch'. Did you mean '--detach'?"),
        ("loss -o 3", LOOP, "-o 3: must be a variable's name"),
        ("loss.item()", LOOP, "loss.item(): a recorded name is dotted or indexed at most"),
        ("loss[", LOOP, "unclosed ["),
        ("3", LOOP, "3: is not a name"),
        (
            "loss",
            "class Net:\n    for k in range(3):\n        loss = k",
            "the loop at line 3 is in the body of class Net, whose names no function sees",
        ),
    ],
)
def test_a_wrong_line_is_refused_in_one(ip: Shell, line: str, body: str, said: str) -> None:
    assert said in ip.refusal(f"%%ml record {line}\n{body}")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("k.real.nope", "0", "Frame 0: k.real.nope: AttributeError: "),
        ("x", "{'a': 1}", "Frame 0: 'x' is dict {'a': 1}; a frame holds numbers, arrays"),
        ("x", "object()", "Frame 0: 'x' is object <object"),
        ("x", "__import__('numpy').array([{}, None])", "Frame 0: 'x' is an array of object"),
        ("x", "__import__('numpy').zeros((3000, 2000))", "at most 4,000,000. Record a part of it"),
        ("x", "1 if k == 0 else {}", "Frame 1: 'x' was a number, but is dict {}"),
    ],
)
def test_what_no_frame_can_hold_is_left_out_of_any_pass_and_the_cell_goes_on(
    ip: Shell, name: str, value: str, said: str
) -> None:
    run = run_of(ip, f"loss {name}", f"for k in range(3):\n    loss, x = k, {value}\nend = 'here'")
    assert ip.ip.user_ns["end"] == "here"
    assert run.trace["loss"].tolist() == [0, 1, 2]
    assert np.isnan(run.trace[name][1:]).all()
    assert said in run.summary()
    assert "non-finite" not in run.summary()


def test_an_array_of_another_shape_is_left_out_and_is_not_called_non_finite(ip: Shell) -> None:
    body = "import numpy as np\nfor k in range(4):\n    x = np.ones(9 if k == 2 else 3)"
    run = run_of(ip, "x", body)
    assert np.isnan(run.trace["x"][2]).all()
    assert run.trace.nonfinite is None
    assert run.find("nonfinite").tolist() == []
    assert "Frame 2: 'x' has shape (9,), the first frame's had (3,)." in run.summary()


def test_of_sibling_loops_the_first_is_recorded_and_the_other_is_named(ip: Shell) -> None:
    run = run_of(ip, "loss", f"{LOOP}\n{LOOP.replace('3', '9')}")
    assert len(run.trace) == 3
    said = "Recorded is the loop at line 2; loss is also assigned in that at line 4."
    assert said in run.summary()
    assert "Recorded is" not in run_of(ip, "loss", LOOP).summary()


def test_a_loop_that_never_runs_is_said(ip: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    ip.run("%%ml record loss\ndef fit():\n    for k in range(3):\n        loss = k")
    said = "nothing was recorded: no pass of the loop at line 3 of fit assigned 'loss' here"
    assert said in capsys.readouterr().out


def test_the_verb_alone_says_where_it_stands(ip: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert "stands above a cell" in ip.refusal("x = 1\n%ml record loss")
    ip.run("%ml record?")
    assert "every tenth pass" in capsys.readouterr().out
    assert ip.completions("%%ml record loss ev") == ["every="]


def test_the_cell_in_the_readme_is_recorded(ip: Shell) -> None:
    pytest.importorskip("torch")
    (cell,) = [c for c in blocks(README, "ipython") if c.startswith("%%ml record")]
    ip.run(cell.replace("$model", "$model -o run"))
    trace = ip.ip.user_ns["run"].trace
    assert trace["model[0].weight"].shape == (40, 8, 2)
    assert trace["acc"][-1] > 0.7
    assert trace["loss"][-1] < trace["loss"][0]


def test_a_recorded_cell_cannot_be_branched_or_restarted_and_says_why(ip: Shell) -> None:
    run = run_of(ip, "loss", LOOP)
    for verb in (run.branch, run.restart):
        with pytest.raises(MLError, match="its frames come from a loop of yours"):
            verb()


def test_it_waits_where_an_expression_comes_true(ip: Shell) -> None:
    ip.run(
        "%%ml record loss --detach -o run\nimport threading\ngo = threading.Event()\n"
        "for k in range(9):\n    go.wait()\n    loss = k"
    )
    run = ip.ip.user_ns["run"]
    run.pause_when("loss >= 5")
    until(lambda: "go" in ip.ip.user_ns, "the cell has begun")
    ip.run("go.set()")
    until(lambda: run.status == "paused", "the loop holds")
    assert (run.number, ip.ip.user_ns["loss"]) == (5, 5)
    assert run.find("loss > 2").tolist() == [3, 4, 5]
    run.stop()


def test_a_pass_that_an_error_ends_is_recorded_if_it_assigned(ip: Shell) -> None:
    for check, frames in (("loss = k; assert k < 3", 4), ("assert k < 3; loss = k", 3)):
        with pytest.raises(AssertionError):
            ip.run(f"%%ml record loss -o run\nfor k in range(9):\n    {check}")
        run = ip.ip.user_ns["run"]
        assert (len(run.trace), run.status) == (frames, "failed")
        assert run._core.fault["frame"] == 3
