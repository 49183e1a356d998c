"""`dl.mlp` learns what it is shown, also what is drawn meanwhile, and names what it cannot read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.neural_network import MLPClassifier

from mlwidgets import ParamError, Points, play
from mlwidgets_dl.activations import PHI
from mlwidgets_dl.examples import MOONS, SIDE, examples
from mlwidgets_dl.mlp import mlp
from mlwidgets_dl.weights import begun

Given = dict[str, Any]


def last(**given: Any) -> Any:
    *_, frame = mlp(**given)
    return frame


@pytest.mark.parametrize("phi", PHI)
def test_a_slope_is_what_autograd_says(phi: str) -> None:
    a = torch.linspace(-4, 4, 40, dtype=torch.float64, requires_grad=True)
    h = PHI[phi].of(a)
    (slope,) = torch.autograd.grad(h.sum(), a)
    assert torch.allclose(PHI[phi].slope(a.detach(), h.detach()), slope, atol=1e-12)


@pytest.mark.parametrize(
    ("points", "given"),
    [
        ("moons", {}),
        ("circles", {}),
        ("xor", {}),
        ("spirals", {"layers": [16, 16], "epochs": 150}),
    ],
)
def test_it_finds_the_boundary_of_every_set(points: str, given: Given) -> None:
    assert last(points=points, **given)["accuracy"] > 0.97


def test_layers_without_a_bend_draw_a_straight_line() -> None:
    """Eight linear layers are one: half of an exclusive or is wrong."""
    frame = last(points="xor", phi="linear")
    assert frame["accuracy"] < 0.7
    assert flat(frame["surface"]) < 1e-5
    assert flat(last(points="xor")["surface"]) > 0.01


def flat(surface: Any) -> float:
    """How far the scores, which the surface is tanh of, are from a plane."""
    z = np.arctanh(np.clip(surface, -1 + 1e-6, 1 - 1e-6))[4:-4, 4:-4]
    inside = np.abs(z) < 5
    across, up = np.meshgrid(range(z.shape[1]), range(z.shape[0]))
    A = np.stack([across, up, np.ones_like(across)], -1)[inside]
    left = np.linalg.lstsq(A, z[inside], rcond=None)[1]
    return float(left[0] / z[inside].var() / inside.sum()) if len(left) else 0.0


def test_the_surface_is_what_the_network_answers_in_the_plane() -> None:
    """Row 0 is below; each value is p of the second class less p of the first."""
    frame = next(mlp(epochs=1))
    seen, rng = examples(MOONS, None, ""), np.random.default_rng(0)
    layers, _ = begun(rng, [2, 8, 8, 2])
    x0, x1, y0, y1 = seen.extent
    for row, column in ((0, 0), (5, 20), (SIDE - 1, SIDE - 1)):
        place = np.array([x0 + column / (SIDE - 1) * (x1 - x0), y0 + row / (SIDE - 1) * (y1 - y0)])
        h = torch.as_tensor((place - seen.centre) / seen.scale, dtype=torch.float32)
        for W, b in layers[:-1]:
            h = torch.tanh(h @ W + b)
        p = (h @ layers[-1][0] + layers[-1][1]).softmax(0)
        assert frame["surface"][row, column] == pytest.approx(float(p[1] - p[0]), abs=1e-5)


def test_a_frame_has_the_weights_of_the_neurons_that_are_shown() -> None:
    """Eight of a layer at most, from each to each; at the end they are those of the result."""
    run = play(mlp, layers=[16, 3], epochs=2).wait()
    shown = torch.cat([W[:8, :8].flatten() for W, _ in run.result])
    assert len(shown) == 2 * 8 + 8 * 3 + 3 * 2
    assert np.array_equal(run.trace["weights"][-1], shown.numpy())
    assert np.array_equal(
        run.trace["biases"][-1], torch.cat([b[:8] for _, b in run.result]).numpy()
    )
    assert run.trace["sizes"][-1].tolist() == [2, 16, 3, 2]
    names = list(run.trace["names"][-1])
    assert (names[:3], names[-3:]) == (["x1", "x2", "1.1"], ["2.3", "class 0", "class 1"])
    assert len(run.trace["neurons"][-1]) == len(names) == 2 + 8 + 3 + 2
    run.close()


def test_the_loss_of_the_test_set_is_torchs() -> None:
    run = play(mlp, epochs=3).wait()
    parts = examples(MOONS, None, "").parts
    h = parts.test_x
    for W, b in run.result[:-1]:
        h = torch.tanh(h @ W + b)
    W, b = run.result[-1]
    theirs = float(torch.nn.functional.cross_entropy(h @ W + b, parts.test_y))
    assert run.trace["test_loss"][-1] == pytest.approx(theirs, rel=1e-5)
    run.close()


def test_inputs_and_outputs_are_called_what_the_table_calls_them(tmp_path: Path) -> None:
    """Of ten classes and 64 pixels eight are drawn, and the still says so."""
    frame = next(mlp(data=load_iris(as_frame=True).frame.astype({"target": str}), layers=[4]))
    assert frame["names"][0] == "sepal length (cm)"
    assert frame["names"][-3:] == ["0", "1", "2"]
    run = play(mlp, data=load_digits(), layers=[10], epochs=1)
    run.step(1)
    run.picture(tmp_path / "net.svg")
    text = (tmp_path / "net.svg").read_text("utf-8")
    assert all(f">8 of {n} shown<" in text for n in (64, 10))
    run.close()


def test_a_point_drawn_while_it_trains_bends_the_boundary() -> None:
    run = play(mlp, epochs=200)
    run.step(300)
    before = run.trace["surface"][-1]
    island = np.array([[-0.9, -0.9], [-0.9, -0.85], [-0.85, -0.9], [-0.88, -0.87]] * 4)
    old = run.algorithm.spec["points"].check("moons")
    far = Points(np.vstack([old.xy, island]), np.r_[old.labels, np.zeros(16, int)])
    run.set(points=far)
    run.step(600)
    assert len(run.trace["xy"][-1]) == 216
    assert run.trace["surface"][-1][4, 4] < -0.5 < 0.5 < before[4, 4]
    run.close()


def test_nothing_drawn_is_nothing_learned_until_something_is() -> None:
    run = play(mlp, points="none", epochs=30)
    run.step(5)
    assert np.isnan(run.trace["loss"][:]).all()
    run.set(points="xor")
    run.step(200)
    assert run.trace["loss"][-1] < 0.5
    run.close()


def test_two_points_are_checked_and_none_are_said_to_be_unchecked() -> None:
    for points, unchecked in (([], True), ([[0, 0, 1], [1, 0, 0]], False)):
        run = play(mlp, points=points)
        found = run.verify()
        run.close()
        assert found.passed, found
        assert any(row.unchecked for row in found.rows) == unchecked


def test_points_have_no_effect_beside_a_table() -> None:
    assert mlp.spec.inert({"data": TEN}) == ("points",)


def test_it_learns_as_well_as_scikit_learn() -> None:
    ours = last(data=load_digits(), layers=[64], phi="relu", batch=64, epochs=20)["accuracy"]
    seen = examples(MOONS, mlp.spec["data"].check(load_digits()), "")
    net = MLPClassifier([64], batch_size=64, learning_rate_init=0.01, max_iter=20, random_state=0)
    with pytest.warns(Warning, match="Maximum iterations"):
        net.fit(seen.parts.train_x.numpy(), seen.parts.train_y.numpy())
    assert ours >= net.score(seen.parts.test_x.numpy(), seen.parts.test_y.numpy()) - 0.01


def test_a_data_frame_with_named_classes_is_learned_in_its_own_plane() -> None:
    iris = load_iris(as_frame=True)
    frame = pd.DataFrame(iris.data)
    frame["kind"] = [str(iris.target_names[k]) for k in iris.target]
    found = last(data=frame, target="kind")
    assert found["accuracy"] > 0.9
    assert found["surface"].dtype == np.int32
    assert set(np.unique(found["surface"])) == {0, 1, 2}
    assert found["xy"].shape == (150, 2)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "momentum", "rmsprop"])
def test_every_optimizer_learns_and_can_be_exchanged_while_it_does(optimizer: Any) -> None:
    rate = {"sgd": 0.5, "momentum": 0.1}.get(optimizer, 0.01)
    assert last(points="circles", optimizer=optimizer, lr=rate)["accuracy"] > 0.95


def test_weight_decay_keeps_weights_small() -> None:
    def size(lambda_: float) -> float:
        run = play(mlp, lambda_=lambda_, epochs=20).wait()
        run.close()
        return float(sum(W.square().sum() for W, _ in run.result))

    assert size(0.1) < 0.2 * size(0.0)


TEN = np.arange(30.0).reshape(10, 3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": TEN[:3]}, "has 3 rows and 2 columns beside 'x2'; must have 10 rows or more"),
        ({"data": np.zeros((10, 3))}, "has 1 different values, must have 2 to 5 classes"),
        ({"data": np.arange(90.0).reshape(30, 3)}, "has 30 different values"),
        ({"data": TEN}, "has 10 different values, must have 2 to 5 classes"),
        ({"data": TEN, "target": "x22"}, "is no column of data. Did you mean 'x2'?"),
        (
            {"data": {"a": ["u"] * 10, "b": [0, 1] * 5}},
            "column 'a' has values that are not numbers",
        ),
        (
            {"data": {"a": [np.nan, *range(9)], "b": [0, 1] * 5}},
            "column 'a' has 1 missing or infinite values",
        ),
        ({"layers": [0]}, "layers=[0]: item 0, 0, must lie in [1, 512]"),
        ({"layers": [4] * 9}, "layers: has 9, must have at most 8"),
        ({"points": [[0, 0, 2]]}, "must have labels 0 to 1, has 2 in row 0"),
        ({"phi": "relo"}, "phi='relo': must be one of"),
    ],
)
def test_what_it_cannot_read_it_names(given: Given, said: str) -> None:
    with pytest.raises(ParamError) as caught:
        next(mlp(**given))
    assert said in str(caught.value)


def test_a_huge_table_shows_some_and_learns_from_all() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50_000, 3))
    table = np.column_stack([x, x[:, 0] > 0])
    run = play(mlp, data=table, batch=1024, epochs=2).wait()
    assert run.trace["xy"][0].shape == (2_000, 2)
    assert run.trace["accuracy"][-1] > 0.98
    run.close()
