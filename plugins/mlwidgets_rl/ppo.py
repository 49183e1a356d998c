r"""Proximal policy optimisation: learn from each batch more than once, but stay near what made it.

Schulman, Wolski, Dhariwal, Radford & Klimov (2017), "Proximal Policy Optimization Algorithms".
doi:10.48550/arXiv.1707.06347

    \delta_t = r_t + \gamma V(s_{t+1}) - V(s_t)                   (1)  better than was thought?
    A_t = \delta_t + \gamma \lambda A_{t+1}                       (2)  generalised advantage
    \rho = \pi_\theta(a|s) / \pi_{\theta_{old}}(a|s)              (3)  ratio
    L = \min(\rho A, \text{clip}(\rho, 1 - \epsilon, 1 + \epsilon) A)    (4)  clipped objective
    \mathrm{loss} = -L + c_V (V - R)^2 - c_H H, \quad R = A + V   (5)  descended by Adam
    \mathrm{kl} \approx \rho - 1 - \log \rho                      (6)  how far the policy has moved

Where: env environment; lr learning rate (falls to 0); clip clip ε; entropy weight of the entropy;
gamma discount; lambda_ GAE's λ; epochs passes over a batch; hand who moves what is shown; envs
environments side by side; horizon steps of each in a batch; updates updates; hidden hidden units;
seed seed; state place, speed, angle and its speed; theta weights of the policy; picture the
environment's own drawing; undrawn why there is no drawing; so_far return of the episode shown;
cloud advantage and (ρ - 1) / ε of each action; flat no longer pushes; corners where the objective
is flat; extent ends of the figure; kl moved from the old policy; clipped share that pushes no
further; H entropy; worth critic's error; ret mean return; goal solved; score mean return of 100
fresh episodes; verdict solved or not; update updates finished.

What to watch: In each pass over a batch its points drift from ratio 1 towards the shaded corners;
whoever gets there pushes no further.

Try: clip=1  with hardly a clip, how far does the policy jump in one update?
Try: epochs=1  each batch is used once: how many more are needed?
Try: lambda_=0  if only the next step counts, does it still learn?

The advantages (1) and (2) are those of Schulman, Moritz, Levine, Jordan & Abbeel (2016).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor

import mlwidgets as ml

from .cloud import Cloud, Passed, clouded, nothing
from .policy import Adam, Policy
from .rollout import Batch, Returns, Rollout, judged
from .shown import Hand, Look, Shown
from .worlds import CARTPOLE, EnvKind, world_of

C_V, MOST, BATCHES = 0.5, 0.5, 4  # weight of the critic's loss, longest gradient, mini-batches
POLE = "mlwidgets_rl.views:pole"
LATER = "Asked at the end, of 100 fresh episodes."


class Step(Look, Cloud, Returns):
    score: Annotated[float | None, ml.Metric(better="higher")]
    verdict: str
    update: Annotated[int, ml.Unit(total="updates")]


def advantages(
    r: Tensor, V: Tensor, V_next: Tensor, over: Tensor, ended: Tensor, gamma: float, lambda_: float
) -> Tensor:
    """A of each step, (horizon, envs). What is over is worth nothing; an end cuts what follows."""
    delta = r + gamma * V_next * ~over - V  # (1)
    reach = gamma * lambda_ * (~ended).to(r.dtype)
    A, after = torch.empty_like(r), torch.zeros_like(r[0])
    for t in reversed(range(len(r))):
        A[t] = after = delta[t] + reach[t] * after  # (2)
    return A


def loss_of(pi: Policy, batch: Batch, clip: float, entropy: float) -> tuple[Tensor, Passed]:
    """The loss of a mini-batch, whose advantages are brought to one scale; and what is shown."""
    W = pi.weights()
    A = (batch.A - batch.A.mean()) / (batch.A.std() + 1e-8)
    log_p, H = pi.log_p(W, pi.scores(W, batch.s), batch.a)
    log_rho = log_p - batch.log_p_old
    rho = log_rho.exp()  # (3)
    L = torch.min(rho * A, rho.clamp(1 - clip, 1 + clip) * A)  # (4)
    error = (pi.worth(W, batch.s) - batch.R).square().mean()
    loss = -L.mean() + C_V * error - entropy * H  # (5)
    kl = rho.detach() - 1 - log_rho.detach()  # (6)
    return loss, Passed(A, rho.detach(), kl, H.detach(), error.detach())


@ml.algorithm(
    ml.Own(f"{POLE}.js", "state", "theta", title="Cart and pole", wide=True, still=POLE),
    ml.Picture("picture", "The environment", "as it draws itself"),
    ml.Words("undrawn", "The environment"),
    ml.Scatter(
        "cloud",
        "Batch",
        "of each pass; in the shaded corners (4) is flat",
        labels="flat",
        names=("pushes", "clipped"),
        field="corners",
        over="extent",
        axes=("advantage A", "(ρ − 1) / ε"),
    ),
    ml.Line("ret", "goal", title="Return", note="of the last 100 episodes", x="update", lo=0),
    ml.Line("kl", title="Moved", note="KL from the policy that acted", x="update", hue="error"),
    ml.Line("clipped", title="Clipped", note="share that pushes no further", x="update", lo=0),
    ml.Words("verdict", "Solved?", wide=False),
)
def ppo(
    env: Annotated[Any, EnvKind()] = CARTPOLE,
    lr: ml.Live[Annotated[float, ml.Log(1e-5, 0.1)]] = 0.005,
    clip: ml.Live[Annotated[float, ml.Range(0.01, 1)]] = 0.2,
    entropy: ml.Live[Annotated[float, ml.Range(0, 0.1)]] = 0.0,
    gamma: ml.Live[ml.Rate] = 0.99,
    lambda_: ml.Live[ml.Rate] = 0.95,
    epochs: ml.Live[Annotated[int, ml.Range(1, 50)]] = 8,
    hand: ml.Live[Hand] = "policy",
    envs: Annotated[int, ml.Log(1, 4096)] = 32,
    horizon: Annotated[int, ml.Log(2, 4096)] = 32,
    updates: Annotated[int, ml.Log(1, 10_000)] = 24,
    hidden: Annotated[int, ml.Log(1, 512)] = 32,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    rng = np.random.default_rng(seed)
    with Rollout(world_of(env, envs, rng), horizon) as past:
        shown, pi = Shown(env, rng), Policy(past.world, hidden, rng)
        adam, cloud = Adam(pi.theta, MOST), nothing(envs * horizon)

        def seen(update: int, hand: Hand, score: float | None = None, verdict: str = LATER) -> Step:
            shown.step(pi, hand)
            return Step(
                **shown.look(), **cloud, **past.told(), score=score, verdict=verdict, update=update
            )

        shown.learned(pi)
        lr, clip, entropy, gamma, lambda_, epochs, hand = yield seen(0, hand)
        for k in range(updates):
            for _ in past.acts(pi, rng):
                lr, clip, entropy, gamma, lambda_, epochs, hand = yield seen(k, hand)
            batch = past.batch(pi, partial(advantages, gamma=gamma, lambda_=lambda_))
            for e in range(passes := epochs):
                passed = []
                for part in batch.split(rng, BATCHES):
                    loss, found = loss_of(pi, part, clip, entropy)
                    adam.step(torch.autograd.grad(loss, pi.theta)[0], lr * (1 - k / updates))
                    passed.append(found)
                cloud, last = clouded(passed, clip), e == passes - 1
                if last:
                    shown.learned(pi)
                end = judged(pi, env, seed) if last and k == updates - 1 else ()
                lr, clip, entropy, gamma, lambda_, epochs, hand = yield seen(k + last, hand, *end)
        return ml.Done(pi, hand=lambda hand: seen(updates, hand, *end))
