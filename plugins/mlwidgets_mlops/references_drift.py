"""What drift is checked against: scipy's tests, entropies and corrections."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import rel_entr

from mlwidgets import Reference, Table, UncheckedError

from .columns import Column, present, stream_of
from .drift_system import Correction, adjusted, drift_system, measured
from .kolmogorov import FEW
from .ks import Gap
from .monitor import Monitor
from .psi import divided, parts, psi_of, share
from .samples import NONE, Floats, pair, parted, ranged

MOST = 20_000_000  # values; scipy would need a minute for more
URN = 3_000_000  # steps of scipy's own count
CORRECTIONS: dict[Correction, str] = {"holm": "holm", "bonferroni": "bonferroni"}


def many(count: int) -> None:
    """UncheckedError for samples that scipy compares too slowly."""
    if count > MOST:
        raise UncheckedError(f"scipy takes too long over {count:,} values (most: {MOST:,})")


def drawn(rng: np.random.Generator, size: int, ties: int) -> Floats:
    """Numbers with no ties, some, or many, and heavy tails at times."""
    found = rng.standard_t(3, size) if ties == 1 else rng.normal(size=size)
    return found.round(ties - 2) if ties > 1 else found


# two samples ------------------------------------------------------------------------------------


def two(params: dict[str, Any]) -> tuple[Floats, Floats]:
    names = ("first", "second", "column", "drawn", "shift", "decimals")
    x, y = pair(*(params[name] for name in names))
    many(len(x) + len(y))
    return x, y


def gap(given: tuple[Floats, Floats]) -> dict[str, Any]:
    x, y = given
    ours = Gap(x, y)
    seen = ours.seen()
    p = {"p, counted": ours.p_exact} if countable(x, y) else {}
    return p | {"D": ours.D, "p, limit": ours.p_limit, "F": seen["F"], "G": seen["G"]}


def countable(x: Floats, y: Floats) -> bool:
    return len(x) * (len(x) + len(y)) <= URN


def gap_of_scipy(given: tuple[Floats, Floats]) -> dict[str, Any]:
    x, y = given
    found = stats.ks_2samp(x, y, method="asymp")
    exact = stats.ks_2samp(x, y, method="exact").pvalue if countable(x, y) else None
    grid = Gap(x, y).grid
    F, G = (stats.ecdf(sample).cdf.evaluate(grid) for sample in (x, y))
    p = {} if exact is None else {"p, counted": exact}
    return p | {"D": found.statistic, "p, limit": found.pvalue, "F": F, "G": G}


def two_drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    n, m = (int(size) for size in rng.integers(1, [12, 300, 2500][k % 3], 2))
    x, y = drawn(rng, n, k % 5), drawn(rng, m, k % 5) + rng.normal(0, 0.3)
    return {
        "first": x,
        "second": y,
        "column": "hue",
        "drawn": NONE,
        "shift": 0.0,
        "decimals": int(rng.integers(0, 9)),
        "shuffles": 10,
        "seed": k,
    }


ks_compared = Reference(
    "scipy.stats.ks_2samp and scipy.stats.ecdf",
    tolerance={"D": 1e-12, "p, counted": 1e-10, "p, limit": 1e-9, "F": 1e-12, "G": 1e-12},
    inputs=two,
    ours=gap,
    theirs=gap_of_scipy,
    random=two_drawn,
    needs=("scipy",),
)


# the index --------------------------------------------------------------------------------------


def bins(params: dict[str, Any]) -> dict[str, Any]:
    names = ("reference", "current", "column", "drawn", "seed")
    x, y = parted(*(params[name] for name in names))
    many(len(x) + len(y))
    return {**params, "x": x, "y": y}


def index(given: dict[str, Any]) -> dict[str, Any]:
    x, y, own, floor = given["x"], given["y"], given["cuts"], given["floor"]
    at = ranged(own) if own else divided(x, given["bins"], given["kind"], ordered=True)
    P, Q = (share(np.searchsorted(np.sort(v), at), len(v), floor) for v in (x, y))
    c = parts(P, Q)
    of_ten = psi_of(np.random.default_rng(0).permutation(x), y, 10, floor)
    return {"cuts": at, "contributions": c, "psi": c.sum(), "psi of ten bins": of_ten}


def index_of_scipy(given: dict[str, Any]) -> dict[str, Any]:
    x, y, own, floor = given["x"], given["y"], given["cuts"], given["floor"]
    finite = x[np.isfinite(x)]
    if own:
        at = np.unique([cut for cut in own if np.isfinite(cut)])
    elif given["kind"] == "quantile":
        at = topped(x, np.quantile(x, np.arange(1, given["bins"]) / given["bins"]))
    else:
        at = topped(x, np.linspace(finite.min(), finite.max(), given["bins"] + 1)[1:-1])
    P, Q = histograms(x, y, at, floor)
    ten = histograms(x, y, topped(x, np.quantile(x, np.arange(1, 10) / 10)), floor)
    return {
        "cuts": at,
        "contributions": rel_entr(P, Q) + rel_entr(Q, P) - (P - Q) - (Q - P),
        "psi": stats.entropy(P, Q) + stats.entropy(Q, P),
        "psi of ten bins": stats.entropy(*ten) + stats.entropy(*ten[::-1]),
    }


def topped(x: Floats, at: Floats) -> Floats:
    """Each cut once; where the last is the largest value, what is more has a bin of its own."""
    return np.unique([*at, np.nextafter(x.max(), np.inf)] if at[-1] == x.max() else at)


def histograms(x: Floats, y: Floats, at: Floats, floor: float) -> tuple[Floats, Floats]:
    """Shares of the bins that hold their left ends."""
    counts = (np.bincount(np.digitize(v, at), minlength=len(at) + 1) for v in (x, y))
    P, Q = (np.maximum(n / n.sum(), floor) for n in counts)
    return P / P.sum(), Q / Q.sum()


def index_drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    n, m = (int(size) for size in rng.integers(2, [20, 400, 6000][k % 3], 2))
    x, y = drawn(rng, n, k % 3), drawn(rng, m, k % 3) + rng.normal(0, 0.3)
    return {
        "reference": x,
        "current": y,
        "column": "bp",
        "drawn": NONE,
        "batches": 2,
        "seed": k,
        "bins": int(rng.integers(2, 51)),
        "kind": ["quantile", "width"][k % 2],
        "cuts": rng.normal(size=4).tolist() if k % 7 == 6 else [],
        "floor": 10.0 ** -(2 + k % 6),
    }


psi_compared = Reference(
    "scipy.stats.entropy, scipy.special.rel_entr and numpy.quantile",
    tolerance={
        "cuts": (1e-10, 1e-12),
        "contributions": 1e-10,
        "psi": 1e-10,
        "psi of ten bins": 1e-10,
    },
    inputs=bins,
    ours=index,
    theirs=index_of_scipy,
    random=index_drawn,
    needs=("scipy",),
)


# many columns -----------------------------------------------------------------------------------


def tables(params: dict[str, Any]) -> dict[str, Any]:
    """The last window of the run, as a monitor sees it without a trigger."""
    rng = np.random.default_rng(params["seed"])
    names = ("batches", "onset", "drift", "noise")
    stream = stream_of(
        params["reference"], params["current"], rng, *(params[name] for name in names)
    )
    watch = Monitor(stream, params["batches"])
    rows = watch.rows(params["batches"], params["window"])
    many((len(stream.columns[0].reference) + rows[1] - rows[0]) * len(stream.columns))
    return {"watch": watch, "rows": rows, "params": params}


def ours_of_tables(given: dict[str, Any]) -> dict[str, Any]:
    watch, rows, params = given["watch"], given["rows"], given["params"]
    D, p = measured(watch.pairs(rows))
    corrections: dict[str, Any] = {"benjamini-hochberg": adjusted(p, "benjamini-hochberg")}
    if find_spec("statsmodels"):
        corrections |= {name: adjusted(p, name) for name in CORRECTIONS}
    frames = [*drift_system(**(params | {"adopt": False, "null": False}))]
    return corrections | {"D and V": D, "p": p, "D and V as played": frames[-1]["D"]}


def scipys_of_tables(given: dict[str, Any]) -> dict[str, Any]:
    watch, rows = given["watch"], given["rows"]
    pairs = [(column, column.reference, column.current[slice(*rows)]) for column in watch.columns]
    found = np.array([by_scipy(*pair) for pair in pairs])
    D, p = found.T
    corrections: dict[str, Any] = {"benjamini-hochberg": stats.false_discovery_control(p)}
    if find_spec("statsmodels"):
        from statsmodels.stats.multitest import multipletests

        corrections |= {name: multipletests(p, method=m)[1] for name, m in CORRECTIONS.items()}
    return corrections | {"D and V": D, "p": p, "D and V as played": D}


def by_scipy(column: Column, x: Floats, y: Floats) -> tuple[float, float]:
    x, y = present(x), present(y)
    if not len(x) or not len(y):
        return 0.0, 1.0
    if not column.names:
        few = min(len(x), len(y)) * (len(x) + len(y)) <= FEW
        found = stats.ks_2samp(x, y, method="exact" if few else "asymp")
        return float(found.statistic), float(found.pvalue)
    of: npt.NDArray[Any] = np.concatenate([np.zeros(len(x)), np.ones(len(y))])
    counts = stats.contingency.crosstab(of, np.concatenate([x, y])).count
    if counts.shape[1] < 2:
        return 0.0, 1.0
    test = stats.chi2_contingency(counts, correction=False)
    return float(stats.contingency.association(counts, method="cramer")), float(test.pvalue)


def tables_drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Columns of every sort: quantities with and without ties, categories, gaps, constants."""
    n, m = (int(size) for size in rng.integers(2, [9, 80, 700][k % 3], 2))

    def table(rows: int, move: float) -> Table:
        gaps = drawn(rng, rows, 0)
        gaps[rng.random(rows) < 0.2] = np.nan
        colours = rng.choice(["red", "green", "blue"], rows, p=[0.5, 0.3, 0.2])
        return Table(
            {f"x{t}": drawn(rng, rows, t) + move for t in range(5)}
            | {"gaps": gaps, "colour": colours, "constant": np.full(rows, 2.0)}
            | {"flag": rng.random(rows) < 0.3 + move / 4, "count": rng.poisson(3, rows)}
        )

    defaults = drift_system.spec.defaults
    return defaults | {
        "reference": table(n, 0.0),
        "current": table(m, [0.0, 0.4][k % 2]),
        "batches": int(min(m, 1 + k % 4)),
        "window": 1 + k % 2,
        "seed": k,
    }


drift_compared = Reference(
    "scipy.stats.ks_2samp, chi2_contingency and false_discovery_control",
    tolerance={
        "D and V": 1e-12,
        "D and V as played": 1e-12,
        "p": 1e-9,
        "benjamini-hochberg": 1e-9,
        "holm": 1e-6,
        "bonferroni": 1e-6,
    },
    inputs=tables,
    ours=ours_of_tables,
    theirs=scipys_of_tables,
    random=tables_drawn,
    needs=("scipy",),
)
