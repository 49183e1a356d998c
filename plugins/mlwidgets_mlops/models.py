"""What can be served: a fitted scikit-learn estimator or a torch module, and its features."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

import mlwidgets as ml

Floats = npt.NDArray[np.float64]
Label = int | float | str
MOST = 1_000  # features


class ModelKind(ml.Kind):
    """A fitted scikit-learn estimator or a torch.nn.Module, or a finished run that made one."""

    name: ClassVar[str] = "opaque"

    def check(self, value: Any) -> Any:
        """ValueError for what answers no rows of numbers."""
        model = value.result if isinstance(value, ml.Run) else value
        if isinstance(model, type):
            raise ValueError(f"is a class: give a fitted model, {model.__name__}(...).fit(X, y)")
        if _module(model):
            width(model)
            return model
        if not callable(getattr(model, "predict", None)):
            raise ValueError(f"must be {self.describe()}")
        if not isinstance(getattr(model, "n_features_in_", None), int | np.integer):
            raise ValueError("is not fitted: call .fit(X, y) first")
        if width(model) > MOST:
            raise ValueError(f"has {width(model):,} features, at most {MOST:,} are served")
        return model

    def parse(self, text: str) -> Any:
        raise ValueError(f"must be an object: write $name for a variable, not {text[:30]}")

    def format(self, value: Any) -> str:
        return "$model"

    def to_json(self, value: Any) -> str:
        return type(value).__name__

    def describe(self) -> str:
        return "a fitted scikit-learn estimator or a torch.nn.Module of rows of numbers"


def _module(model: Any) -> bool:
    torch: Any = sys.modules.get("torch")  # whoever has a module has imported it
    return torch is not None and isinstance(model, torch.nn.Module)


def width(model: Any) -> int:
    """How many numbers a row has; ValueError for a module that does not say."""
    if not _module(model):
        return int(model.n_features_in_)
    first = next((w for w in model.parameters() if w.ndim > 1), None)
    if first is None or first.ndim != 2:
        raise ValueError("must begin with a linear layer, which says how many numbers a row has")
    return int(first.shape[1])


@dataclass(frozen=True)
class Served:
    """A model with names, ranges and examples of its features."""

    model: Any
    names: tuple[str, ...]
    lo: Floats
    hi: Floats
    rows: Floats  # (n, feature), within the ranges

    @classmethod
    def of(cls, model: Any, data: ml.Table | None, slack: float) -> Served:
        """Ranges are those of the data, wider by `slack` of their span; without data any number.

        ParamError for data without a model, or that do not fit it.
        """
        if model is None and data is not None:
            raise ml.ParamError("model: is needed beside data: give both, or none", "model")
        if model is None:
            model, names, X = ours()
        else:
            names, X = _given(model, data)
        span = X.max(axis=0) - X.min(axis=0) if data is not None or model is ours()[0] else np.inf
        room = slack * span if np.all(np.isfinite(span)) else np.full(len(names), 1e300)
        return cls(model, names, X.min(axis=0) - room, X.max(axis=0) + room, X)

    def named(self, X: Floats) -> list[dict[str, float]]:
        """Rows as a request has them."""
        return [dict(zip(self.names, map(float, row), strict=True)) for row in X]

    def bodies(self, n: int) -> list[str]:
        """A request for each of the first n rows of the examples."""
        return [json.dumps({"rows": [row]}) for row in self.named(self.rows[:n])]

    def answer(self, X: Floats) -> tuple[list[Label], list[list[float]] | None]:
        """Of rows (n, feature): each answer, and each class's probability where there are some.

        ValueError where the model has not one answer for each row: they would be another's.
        """
        if _module(self.model):
            return _scores(self.model, X)
        labels = one_each(self.model.predict(X), X, "predict", 1)
        if not hasattr(self.model, "predict_proba"):
            return labels, None
        return labels, one_each(self.model.predict_proba(X), X, "predict_proba", 2)


def one_each(found: Any, X: Floats, said: str, axes: int) -> list[Any]:
    """What was found of the rows, an item of each; ValueError where it is not."""
    given = np.asarray(found)
    flat = given.ravel() if axes == 1 and given.size == len(given) else given
    if flat.ndim != axes or len(flat) != len(X):
        raise ValueError(f"{said} gives {given.shape} for {len(X)} rows, not one answer for each")
    return list(flat.tolist())


def _scores(model: Any, X: Floats) -> tuple[list[Label], list[list[float]] | None]:
    """Of a module: one number a row is the answer itself, of several the largest's place is."""
    import torch

    weight = next(model.parameters())
    with torch.inference_mode():
        scores = model(torch.as_tensor(X).to(weight)).double().cpu().numpy().reshape(len(X), -1)
    if scores.shape[1] == 1:
        return scores[:, 0].tolist(), None
    return scores.argmax(axis=1).tolist(), scores.tolist()


def _given(model: Any, data: ml.Table | None) -> tuple[tuple[str, ...], Floats]:
    """The names of the model's features, and rows of them; ParamError where the data lack some."""
    d = width(model)
    told = getattr(model, "feature_names_in_", None)
    if data is None:
        names = tuple(map(str, told)) if told is not None else tuple(f"x{k}" for k in range(d))
        return names, np.random.default_rng(0).normal(size=(32, d))
    names = tuple(map(str, told)) if told is not None else tuple(data)[:d]
    if absent := [name for name in names if name not in data]:
        raise ml.ParamError(f"data: lacks the model's feature {absent[0]!r}", "data")
    if len(names) < d:
        raise ml.ParamError(f"data: has {len(names)} columns, the model takes {d}", "data")
    try:
        X = np.column_stack([np.asarray(data[name], dtype=float) for name in names])
    except ValueError:
        raise ml.ParamError("data: must be numbers in every feature of the model", "data") from None
    X = X[np.isfinite(X).all(axis=1)]
    if not len(X):
        raise ml.ParamError("data: has no row without gaps", "data")
    return names, X


@cache
def ours() -> tuple[Any, tuple[str, ...], Floats]:
    """Fisher's irises, told apart by a pipeline; small, and known to everybody."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    iris = load_iris()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(iris.data, iris.target)
    names = tuple(name.removesuffix(" (cm)").replace(" ", "_") for name in iris.feature_names)
    return model, names, np.asarray(iris.data, dtype=float)
