"""What PPO is checked against: Stable-Baselines3's buffer and training step, Gymnasium's cart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mlwidgets import Reference, UncheckedError

from .cartpole import CartPole
from .cloud import clouded
from .policy import Policy
from .ppo import advantages, loss_of
from .rollout import Rollout
from .worlds import CARTPOLE, world_of

Floats = npt.NDArray[Any]
CART = "100 steps of the cart"
SINGLE = ", single precision"
STEPS, MOST = 100, 4096  # of the cart; of a batch that is compared


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """A batch of the run's, and weights that have moved since, so that ratios are not 1."""
    if not isinstance(params["env"], str):
        raise UncheckedError("compared for environments that have a Gymnasium id")
    n, horizon = params["envs"], min(params["horizon"], max(2, MOST // params["envs"]))
    rng = np.random.default_rng(params["seed"])
    past = Rollout(world_of(params["env"], n, rng), horizon)
    if isinstance(past.world, CartPole):  # so that some are cut soon
        past.world.steps[:] = rng.integers(450, 500, n)
    pi = Policy(past.world, params["hidden"], rng)
    for _ in past.acts(pi, rng):
        pass
    given = partial(advantages, gamma=params["gamma"], lambda_=params["lambda_"])
    batch = past.batch(pi, given)
    with torch.no_grad():
        s, reached = torch.tensor(past.s), torch.tensor(past.reached)
        V, V_next = (pi.worth(pi.W, x.flatten(0, 1)).view(past.shape).numpy() for x in (s, reached))
        noise = torch.as_tensor(rng.normal(size=len(pi.theta)), dtype=torch.float32)
        pi.theta += 0.03 * noise
    return {"params": params, "past": past, "V": (V, V_next), "batch": batch, "pi": pi}


def pushed(seed: int) -> tuple[Floats, Floats]:
    """A state of one cart, (4, 1), and directions."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.2, 0.2, (4, 1)), rng.integers(0, 2, (STEPS, 1))


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """By the equations of the file."""
    params, batch, pi = given["params"], given["batch"], given["pi"]
    with torch.enable_grad():
        loss, passed = loss_of(pi, batch, params["clip"], params["entropy"])
        (g,) = torch.autograd.grad(loss, pi.theta)
    return carted(params, ours=True) | {
        "advantages" + SINGLE: batch.A,
        "loss" + SINGLE: loss.item(),
        "gradient" + SINGLE: g,
        "kl" + SINGLE: passed.kl.mean().item(),
        "clipped" + SINGLE: clouded([passed], params["clip"])["clipped"],
    }


def carted(params: dict[str, Any], *, ours: bool) -> dict[str, Any]:
    """The states of a cart that is pushed about, until it is over."""
    if params["env"] != CARTPOLE:
        return {}
    import gymnasium

    state, pushes = pushed(params["seed"])
    one: Any = gymnasium.make(CARTPOLE).unwrapped
    world, states = CartPole(1, np.random.default_rng(0)), []
    one.reset(seed=0)
    one.state = state[:, 0]
    world.put(state)
    for a in pushes:
        if ours:
            _, _, _, ended = world.step(a)
            states.append(world.state[:, 0].copy())
            over = bool(ended[0])
        else:
            _, _, over, _, _ = one.step(int(a[0]))
            states.append(np.array(one.state))
        if over:
            states.pop()  # ours has begun anew
            break
    return {CART: np.array([len(states), *np.ravel(states)])}


@contextmanager
def untouched() -> Iterator[None]:
    """Stable-Baselines3 draws from the process's own generators: they are put back."""
    state = np.random.get_state()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        yield
    np.random.set_state(state)


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by Stable-Baselines3, with the weights copied: one step over the whole batch."""
    params, past, pi = given["params"], given["past"], given["pi"]
    with untouched():
        model = model_of(params, past.shape)
        filled(model, given)
        names = weights_of(model, pi)
        still = flat(model, given)
        model.train()
        told = model.logger.name_to_value
        grad = [turned(weight.grad).flatten() for weight in names]
    buffer = model.rollout_buffer
    A = buffer.advantages.reshape(past.world.n, -1).T  # it has been swapped and flattened
    return carted(params, ours=False) | {
        "advantages" + SINGLE: A.ravel(),
        "loss" + SINGLE: told["train/loss"],
        "gradient" + SINGLE: torch.cat(grad),
        "kl" + SINGLE: told["train/approx_kl"],
        "clipped" + SINGLE: still,
    }


def model_of(params: dict[str, Any], shape: tuple[int, int]) -> Any:
    """Their PPO with networks of the same size, for one pass in one batch."""
    import gymnasium
    from stable_baselines3 import PPO
    from stable_baselines3.common.logger import Logger
    from stable_baselines3.common.vec_env import DummyVecEnv

    horizon, n = shape
    layers = [params["hidden"]] * 2
    model = PPO(
        "MlpPolicy",
        DummyVecEnv([lambda: gymnasium.make(params["env"])] * n),
        n_steps=horizon,
        batch_size=horizon * n,
        n_epochs=1,
        gamma=params["gamma"],
        gae_lambda=params["lambda_"],
        clip_range=params["clip"],
        ent_coef=params["entropy"],
        max_grad_norm=1e9,
        policy_kwargs={"net_arch": {"pi": layers, "vf": layers}},
        device="cpu",
    )
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def filled(model: Any, given: dict[str, Any]) -> None:
    """The batch in their buffer; where time ran out, what was to come stands in the reward."""
    past, (V, V_next), params = given["past"], given["V"], given["params"]
    old = given["batch"].log_p_old.view(past.shape)
    cut = past.ended & ~past.over
    begins = np.zeros(past.world.n, bool)
    for t in range(len(past.s)):
        r = past.r[t] + params["gamma"] * V_next[t] * cut[t]
        model.rollout_buffer.add(past.s[t], past.a[t], r, begins, torch.tensor(V[t]), old[t])
        begins = past.ended[t]
    model.rollout_buffer.compute_returns_and_advantage(torch.tensor(V_next[-1]), begins)


def weights_of(model: Any, pi: Policy) -> list[Tensor]:
    """Their weights in our order, after ours were copied there."""
    policy, found = model.policy, []
    nets = (policy.mlp_extractor.policy_net, policy.action_net)
    for hidden, head in (nets, (policy.mlp_extractor.value_net, policy.value_net)):
        for layer in (hidden[0], hidden[2], head):
            found += [layer.weight, layer.bias]
    if not pi.discrete:
        found.append(policy.log_std)
    with torch.no_grad():
        for weight, own in zip(found, pi.W, strict=True):
            weight.copy_(turned(own))
    return found


def flat(model: Any, given: dict[str, Any]) -> float:
    """Share of actions at which autograd finds the objective without a slope in their ratio."""
    past, batch, clip = given["past"], given["batch"], given["params"]["clip"]
    with torch.no_grad():
        _, log_p, _ = model.policy.evaluate_actions(torch.tensor(past.s).flatten(0, 1), batch.a)
        A = (batch.A - batch.A.mean()) / (batch.A.std() + 1e-8)
    rho = (log_p - batch.log_p_old).exp().requires_grad_()
    L = torch.min(rho * A, rho.clamp(1 - clip, 1 + clip) * A).sum()
    (slope,) = torch.autograd.grad(L, rho)
    return float((slope == 0).float().mean())


def turned(weight: Any) -> Tensor:
    """Their matrices are (out, in), ours (in, out)."""
    tensor: Tensor = weight
    return tensor.T if tensor.ndim == 2 else tensor


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """The cart, a swing with three actions, a pendulum with a torque; other rates and sizes."""
    return {
        "env": (CARTPOLE, CARTPOLE, "Acrobot-v1", "Pendulum-v1")[k % 4],
        "clip": float(rng.uniform(0.02, 0.5)),
        "entropy": float(rng.uniform(0, 0.1)),
        "gamma": float(rng.uniform(0.8, 1)),
        "lambda_": float(rng.uniform()),
        "envs": int(rng.integers(1, 9)),
        "horizon": int(rng.integers(2, 40)),
        "hidden": int(rng.integers(1, 40)),
        "seed": k,
    }


close = (1e-5, 1e-4)
stepped = Reference(
    "stable_baselines3.PPO and gymnasium's CartPole-v1",
    tolerance={CART: 1e-10}
    | {name + SINGLE: close for name in ("advantages", "loss", "gradient", "kl", "clipped")},
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("stable-baselines3", "gymnasium"),
)
