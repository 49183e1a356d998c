"""How much noise each time adds: Ho et al. (2020), linear; Nichol & Dhariwal (2021), cosine."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Schedule = Literal["cosine", "linear"]
FIRST, LAST, OF = 1e-4, 0.02, 1000  # of the paper, for 1000 times; fewer times are larger steps
MOST = 0.999


def betas(schedule: Schedule, T: int) -> npt.NDArray[np.float32]:
    """beta_1 to beta_T, (T,)."""
    if schedule == "linear":
        return np.minimum(np.linspace(*ends(T), T), MOST).astype(np.float32)
    at = np.arange(T + 1) / T
    kept = np.cos((at + 0.008) / 1.008 * np.pi / 2) ** 2
    found = np.minimum(1 - kept[1:] / kept[:-1], MOST)
    return np.asarray(found, np.float32)


def ends(T: int) -> tuple[float, float]:
    """The first and the last beta of a linear schedule that ends as far out as the paper's."""
    return FIRST * OF / T, LAST * OF / T
