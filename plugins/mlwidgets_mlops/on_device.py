"""Kolmogorov-Smirnov distances of many columns: one after another, or all at once on a GPU."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from .ranks import FEW, Floats, ks_statistic, ks_together

PART = 2**26  # values on the device at once


def ks_each(pairs: Sequence[tuple[Floats, Floats]]) -> Floats:
    """sup |F - G| of each pair of samples without NaN, computed where the run computes."""
    device = torch.empty(0).device
    found, alike = np.zeros(len(pairs)), dict[tuple[int, int], list[int]]()
    for k, (x, y) in enumerate(pairs):
        alike.setdefault((len(x), len(y)), []).append(k)
    for (n, m), places in alike.items():
        if device.type != "cuda" and n + m > FEW:
            found[places] = [ks_statistic(*pairs[k]) for k in places]
            continue
        many = max((PART if device.type == "cuda" else PART // 64) // (n + m), 1)
        for part in (places[k : k + many] for k in range(0, len(places), many)):
            x, y = (np.stack([pairs[k][side] for k in part]) for side in (0, 1))
            found[part] = on_cuda(x, y) if device.type == "cuda" else ks_together(x, y)
    return found


def on_cuda(x: Floats, y: Floats) -> Floats:
    tables = (torch.as_tensor(side).to(torch.empty(0).device) for side in (x, y))
    found: Floats = distances(*tables).cpu().numpy()
    return found


def distances(x: Tensor, y: Tensor) -> Tensor:
    """The same of each row of two tensors, where they lie: one sort of all, ties exact."""
    n, m = x.shape[1], y.shape[1]
    v, order = torch.sort(torch.cat([x, y], 1), dim=1)
    gap = torch.where(order < n, m, -n).cumsum(1)
    last = torch.ones_like(gap, dtype=torch.bool)
    last[:, :-1] = v[:, 1:] != v[:, :-1]
    return torch.where(last, gap.abs(), 0).amax(1).double() / (n * m)
