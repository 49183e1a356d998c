"""A U-Net that sees a picture and a time: Ronneberger et al. (2015), Ho et al. (2020).

Layer for layer that of diffusers' UNet2DModel without attention, so that weights can be copied.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, silu


def waves(t: Tensor, size: int) -> Tensor:
    """Times (n,) as cosines and sines of `size / 2` frequencies, (n, size)."""
    half = size // 2
    slow = torch.exp(-math.log(10_000) * torch.arange(half, device=t.device) / half)
    angle = t[:, None].float() * slow
    return torch.cat([angle.cos(), angle.sin()], 1)


def laid_out(net: UNet) -> UNet:
    """Channels last: its convolutions are made half as fast again, and give the same."""
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


class Block(nn.Module):
    """Two convolutions, the time added between them, beside a way around."""

    def __init__(self, i: int, o: int, time: int, groups: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(groups, i), nn.Conv2d(i, o, 3, padding=1)
        self.time = nn.Linear(time, o)
        self.norm2, self.conv2 = nn.GroupNorm(groups, o), nn.Conv2d(o, o, 3, padding=1)
        self.around = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(silu(self.norm1(x)))
        h = h + self.time(time)[:, :, None, None]
        h = self.conv2(silu(self.norm2(h)))
        answer: Tensor = self.around(x) + h
        return answer


class UNet(nn.Module):
    """From n pictures (n, channels, rows, columns) and times (n,) to as many pictures.

    widths: channels at each size, the size halved after each but the last; layers: blocks at each.
    """

    def __init__(
        self, channels: int, widths: Sequence[int], *, layers: int = 1, groups: int = 32
    ) -> None:
        super().__init__()
        time, (first, last) = 4 * widths[0], (widths[0], widths[-1])
        self.waves = first
        self.time1, self.time2 = nn.Linear(first, time), nn.Linear(time, time)
        self.into = nn.Conv2d(channels, first, 3, padding=1)
        self.down, self.halved = nn.ModuleList(), nn.ModuleList()
        kept, now = [first], first
        for k, width in enumerate(widths):
            for _ in range(layers):
                self.down.append(Block(now, width, time, groups))
                kept.append(now := width)
            if k < len(widths) - 1:
                self.halved.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                kept.append(width)
        self.middle = nn.ModuleList(Block(last, last, time, groups) for _ in range(2))
        self.up, self.doubled = nn.ModuleList(), nn.ModuleList()
        for k, width in enumerate(reversed(widths)):
            for _ in range(layers + 1):
                self.up.append(Block(now + kept.pop(), width, time, groups))
                now = width
            if k < len(widths) - 1:
                self.doubled.append(nn.Conv2d(width, width, 3, padding=1))
        self.norm, self.out = nn.GroupNorm(groups, first), nn.Conv2d(first, channels, 3, padding=1)
        self.layers = layers

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        time = silu(self.time2(silu(self.time1(waves(t, self.waves).to(x.dtype)))))
        h = self.into(x)
        kept = [h]
        for k, block in enumerate(self.down):
            kept.append(h := block(h, time))
            size, last = divmod(k + 1, self.layers)
            if not last and size <= len(self.halved):
                kept.append(h := self.halved[size - 1](h))
        for block in self.middle:
            h = block(h, time)
        for k, block in enumerate(self.up):
            h = block(torch.cat([h, kept.pop()], 1), time)
            size, last = divmod(k + 1, self.layers + 1)
            if not last and size <= len(self.doubled):
                h = self.doubled[size - 1](interpolate(h, scale_factor=2.0))
        answer: Tensor = self.out(silu(self.norm(h)))
        return answer
