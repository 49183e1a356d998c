r"""Denoising diffusion: noise is added until nothing is left, and a network learns the way back.

Ho, Jain & Abbeel (2020), "Denoising Diffusion Probabilistic Models", NeurIPS 33, 6840-6851.
doi:10.48550/arXiv.2006.11239

    \alpha_t = 1 - \beta_t, \quad a_t = \prod_{s \le t} \alpha_s             (1)  share kept
    x_t = \sqrt{a_t} \, x_0 + \sqrt{1 - a_t} \, \epsilon                     (2)  forward, at once
    \mathrm{loss} = \lVert \epsilon - \epsilon_\theta(x_t, t) \rVert^2       (3)  their mean
    \hat x_0 = (x_t - \sqrt{1 - a_t} \, \epsilon_\theta) / \sqrt{a_t}        (4)  cut at the data
    \mu_t = (\sqrt{a_{t-1}} \beta_t \hat x_0 + \sqrt{\alpha_t} (1 - a_{t-1}) x_t) / (1 - a_t)  (5)
    \sigma_t^2 = \beta_t (1 - a_{t-1}) / (1 - a_t)                           (6)  its variance
    x_{t-1} = \mu_t + \sigma_t z                                             (7)  and its chance
    x_s = \sqrt{a_s} \, \hat x_0 + \sqrt{1 - a_s} \, \epsilon_\theta         (8)  DDIM, 2021

Where: points your points; data what is learned; schedule how noise grows; T times; steps steps of
training; hops steps that DDIM takes; lr learning rate; batch mini-batch; seed seed; phase phase; t
time; trained steps of training; loss squared error of a mini-batch; x the cloud; x0 predicted
cloud; ddim cloud of DDIM; digit digits; digit_x0 predicted digits; digit_ddim digits of DDIM;
score way to where points are; grid places; extent what is shown; times times; signal signal kept;
noise noise added.

What to watch: On the way back the prediction is a blur at first: far out all points look alike.
Where each one will end is settled little by little, mostly in the second half.

Try: schedule=linear  at what time is nothing left of the moons?
Try: hops=4  how few steps will DDIM do with?
Try: steps=50  what does a network draw that has hardly learned?
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

import mlwidgets as ml

from .clouds import MOONS, Seen, cloud
from .denoisers import Adam, denoiser
from .schedules import Schedule, betas
from .walking import backwards, forwards, training


class Diffusion:
    """The noise that a schedule adds, and steps with it and against it; index 0 is no noise."""

    def __init__(
        self, schedule: Schedule, T: int, reach: float, dtype: torch.dtype = torch.float32
    ) -> None:
        self.reach = reach  # examples are no farther out: predictions are cut there
        beta = torch.cat([torch.zeros(1), torch.as_tensor(betas(schedule, T))]).to(dtype)
        self.beta, self.alpha = beta, 1 - beta  # (T + 1,)
        self.a = self.alpha.double().cumprod(0).to(dtype)  # (1)

    def forward(self, x_0: Tensor, t: Tensor, epsilon: Tensor) -> Tensor:
        a = like(self.a[t], x_0)
        return a.sqrt() * x_0 + (1 - a).sqrt() * epsilon  # (2)

    def predicted(self, x_t: Tensor, t: int, epsilon: Tensor) -> Tensor:
        a = self.a[t]
        x_0 = (x_t - (1 - a).sqrt() * epsilon) / a.sqrt()  # (4)
        return x_0.clamp(-self.reach, self.reach)

    def back(self, x_t: Tensor, t: int, x_0: Tensor, z: Tensor) -> Tensor:
        a, before = self.a[t], self.a[t - 1]
        mu = before.sqrt() * self.beta[t] * x_0 + self.alpha[t].sqrt() * (1 - before) * x_t
        mu = mu / (1 - a)  # (5)
        sigma = (self.beta[t] * (1 - before) / (1 - a)).sqrt()  # (6)
        return mu + sigma * z  # (7)

    def ddim(self, s: int, x_0: Tensor, epsilon: Tensor) -> Tensor:
        """From the prediction to any earlier time s, without chance."""
        a = self.a[s]
        return a.sqrt() * x_0 + (1 - a).sqrt() * epsilon  # (8)


def like(of: Tensor, x: Tensor) -> Tensor:
    """A number for each example, beside all of its numbers: (n,) to (n, 1, ...)."""
    return of.reshape(-1, *[1] * (x.ndim - 1))


def loss_of(net: torch.nn.Module, way: Diffusion, x_0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    error: Tensor = noise - net(way.forward(x_0, t, noise), t)
    return error.square().mean()  # (3)


@ml.algorithm(
    ml.Scatter(
        "x",
        "The cloud",
        "and the way back that the network sees",
        draws="points",
        arrows="score",
        arrows_at="grid",
        over="extent",
    ),
    ml.Scatter("x0", "What it predicts", "to be under the noise", over="extent"),
    ml.Pictures("digit", "The digits", "as they are at this time", shade="ink", lo=-1, hi=1),
    ml.Pictures("digit_x0", "What it predicts", "to be under the noise", shade="ink", lo=-1, hi=1),
    ml.Scatter("ddim", "DDIM", "from the same noise, in fewer steps", over="extent"),
    ml.Pictures("digit_ddim", "DDIM", "from the same noise", shade="ink", lo=-1, hi=1),
    ml.Curve("signal", "noise", x="times", at="t", title="Schedule", lo=0, hi=1),
    ml.Line("loss", title="Loss", note="of guessing the noise", mean=40, x="trained", hue="error"),
    ml.Values("phase", "t", title="Now"),
    step="frame",
)
def ddpm(
    points: ml.Live[ml.Points] = MOONS,
    data: Literal["points", "digits"] = "points",
    schedule: Schedule = "cosine",
    T: Annotated[int, ml.Range(4, 1000)] = 60,
    steps: Annotated[int, ml.Range(0, 100_000)] = 600,
    hops: Annotated[int, ml.Range(1, 1000)] = 15,
    lr: ml.Live[Annotated[float, ml.Log(1e-5, 0.1)]] = 0.01,
    batch: Annotated[int, ml.Range(1, 4096)] = 128,
    seed: ml.Seed = 0,
) -> ml.Frames[Seen]:
    rng = np.random.default_rng(seed)
    seen = cloud(points, data)
    way = Diffusion(schedule, T, seen.reach)
    seen.shows(way.a)
    net = denoiser(seen.shape, seed)
    adam = Adam(net)
    while True:
        sent = yield from forwards(seen, way, net, T, rng)
        if not seen.drawn(sent[0]) and len(seen):
            sent = yield from training(seen, way, adam, (T, steps, batch), rng, sent, loss_of)
        if not seen.drawn(sent[0]):
            sent = yield from backwards(seen, way, net, (T, hops), rng, sent)
        if not seen.drawn(sent[0]):
            return ml.Done(net)
        seen = seen.again(sent[0])  # it goes on learning
        way.reach = seen.reach
