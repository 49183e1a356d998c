"""PPO: the cart is Gymnasium's, an advantage is its closed form, it learns, it says no well."""

from __future__ import annotations

import gc
from typing import Any, ClassVar, cast

import gymnasium
import numpy as np
import numpy.typing as npt
import pytest
import torch
from gymnasium import spaces
from scipy.signal import lfilter

from mlwidgets import MLError, ParamError, load, play
from mlwidgets_rl.cartpole import LEAN, PLACE, CartPole
from mlwidgets_rl.policy import Adam, Policy
from mlwidgets_rl.ppo import advantages, ppo
from mlwidgets_rl.rollout import LIMIT, Rollout, judged
from mlwidgets_rl.worlds import world_of

Floats = npt.NDArray[Any]
SHORT: dict[str, Any] = {"envs": 4, "horizon": 8, "updates": 2, "epochs": 2, "hidden": 8}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# the cart -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 64])
def test_each_cart_is_gymnasiums_step_for_step(n: int) -> None:
    world = CartPole(n, rng())
    theirs: list[Any] = [gymnasium.make("CartPole-v1") for _ in range(n)]
    for k, env in enumerate(theirs):
        env.reset(seed=k)
        env.unwrapped.state = world.state[:, k].copy()
    ends = 0
    for _ in range(120):
        a = world.rng.integers(0, 2, n)
        reached, r, over, ended = world.step(a)
        for k, env in enumerate(theirs):
            seen, reward, terminated, truncated, _ = env.step(int(a[k]))
            assert np.abs(reached[k] - seen).max() <= 1e-6
            assert (r[k], over[k], ended[k]) == (reward, terminated, terminated or truncated)
            if ended[k]:
                ends += 1
                env.reset()
                env.unwrapped.state = world.state[:, k].copy()
    assert ends >= n


def test_an_episode_is_cut_after_500_steps_and_is_not_over() -> None:
    world = CartPole(3, rng())
    world.steps[:] = 498
    _, _, over, ended = world.step(np.array([0, 1, 0]))
    assert not over.any()
    assert not ended.any()
    _, _, over, ended = world.step(np.array([1, 0, 1]))
    assert not over.any()
    assert ended.all()
    assert np.abs(world.state).max() <= 0.05
    assert world.steps.tolist() == [0, 0, 0]


def test_the_view_moves_the_same_cart(root: Any) -> None:
    """The constants of the page's cart are ours."""
    from mlwidgets_rl import cartpole, views

    js = (root / "plugins/mlwidgets_rl/views/pole.js").read_text("utf-8")
    ours = (cartpole.GRAVITY, cartpole.MASS, cartpole.MOMENT, cartpole.HALF, cartpole.POLE)
    said = ", ".join(f"{number:.4g}" for number in (*ours, cartpole.FORCE, cartpole.TAU))
    assert f"= [{said}];" in js
    assert (views.PLACE, views.LEAN, views.LENGTH) == (PLACE, LEAN, 2 * cartpole.HALF)


# advantages -----------------------------------------------------------------------------------


def told(ends: Floats) -> tuple[torch.Tensor, ...]:
    drawn = rng(3)
    shape = ends.shape
    r, V, V_next = (torch.as_tensor(drawn.normal(size=shape)) for _ in range(3))
    ended = torch.as_tensor(ends)
    return r, V, V_next, ended & torch.as_tensor(drawn.random(shape) < 0.5), ended


@pytest.mark.parametrize(("gamma", "lambda_"), [(0.99, 0.95), (1.0, 1.0), (0.9, 0.0)])
def test_an_advantage_is_the_sum_of_discounted_errors_to_the_episodes_end(
    gamma: float, lambda_: float
) -> None:
    """The closed form, as a filter that runs backwards through each episode."""
    r, V, V_next, over, ended = told(rng(5).random((60, 4)) < 0.1)
    A = advantages(r, V, V_next, over, ended, gamma, lambda_).numpy()
    delta = (r + gamma * V_next * ~over - V).numpy()
    for k in range(4):
        last = [*np.flatnonzero(ended[:, k].numpy()), 59]
        first = 0
        for end in last:
            part = delta[first : end + 1, k][::-1]
            expected = lfilter([1.0], [1.0, -gamma * lambda_], part)[::-1]
            np.testing.assert_allclose(A[first : end + 1, k], expected, atol=1e-12)
            first = end + 1


def test_what_is_cut_is_worth_what_the_critic_says_and_what_is_over_nothing() -> None:
    one = torch.ones(1, 2, dtype=torch.float64)
    over, ended = torch.tensor([[True, False]]), torch.tensor([[True, True]])
    A = advantages(one, 0 * one, 10 * one, over, ended, 0.5, 0.9)
    assert A.tolist() == [[1.0, 6.0]]


def test_adam_is_pytorchs_with_its_cut_of_a_long_gradient() -> None:
    drawn = rng(1)
    gradients = torch.as_tensor(drawn.normal(size=(6, 40)) * [[3], [3], [0.01], [1], [0.01], [3]])
    theirs = torch.nn.Parameter(torch.as_tensor(drawn.normal(size=40)))
    ours = Adam(theirs.detach().clone(), 0.5)
    adam = torch.optim.Adam([theirs], eps=1e-5)
    for k, g in enumerate(gradients):
        adam.param_groups[0]["lr"] = lr = 0.1 / (k + 1)
        theirs.grad = g.clone()
        torch.nn.utils.clip_grad_norm_([theirs], 0.5)
        adam.step()
        ours.step(g, lr)
        torch.testing.assert_close(ours.theta, theirs.detach(), rtol=0, atol=1e-12)


# the run --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_solves_the_cart_over_100_episodes_of_a_fresh_seed(seed: int) -> None:
    trace = play(ppo, seed=seed).wait().trace
    assert trace["score"][-1] >= 475
    assert trace["verdict"][-1].startswith("Solved: ")
    assert trace["update"][-1] == 24


def test_the_verdict_is_of_episodes_that_were_not_learned_from_and_may_be_no() -> None:
    run = play(ppo, **SHORT).wait()
    score, verdict = run.trace["score"][-1], run.trace["verdict"][-1]
    assert verdict.startswith(f"Not solved: {score:.1f} on average over 100 episodes")
    assert score == judged(run.result, "CartPole-v1", 0)[0]
    assert np.isnan(run.trace["score"][:-1]).all()
    assert score < 475


def test_a_frame_is_a_step_of_all_carts_or_a_pass_over_their_batch() -> None:
    run = play(ppo, **SHORT).wait()
    assert len(run.trace) == 1 + 2 * (8 + 2)
    assert run.trace["update"].tolist() == [0] * 10 + [1] * 10 + [2]
    assert np.isnan(run.trace["kl"][:9]).all()
    assert np.isfinite(run.trace["kl"][9:]).all()
    assert run.trace["cloud"].shape == (21, 4 * 8, 2)


def test_the_cloud_is_flat_exactly_in_the_corners() -> None:
    run = play(ppo, **SHORT | {"lr": 0.1, "clip": 0.05, "epochs": 6}).wait()
    A, moved = np.moveaxis(run.trace["cloud"], 2, 0)
    flat = ((A > 0) & (moved > 1)) | ((A < 0) & (moved < -1))
    assert np.array_equal(run.trace["flat"], flat)
    learned = np.isfinite(run.trace["clipped"])
    assert run.trace["clipped"][learned] == pytest.approx(flat[learned].mean(1), abs=1e-6)
    assert 0 < flat.mean() < 1


def test_a_clip_of_none_but_in_name_lets_the_policy_move_further() -> None:
    far, near = (
        play(ppo, **SHORT | {"clip": clip, "lr": 0.02, "epochs": 10}).wait().trace["kl"][-1]
        for clip in (1.0, 0.02)
    )
    assert far > 2 * near


def test_live_parameters_act_from_their_frame_on() -> None:
    run = play(ppo, **SHORT).step(9)
    run.set(lr=1e-5).wait()
    plain = play(ppo, **SHORT).wait()
    same = [np.array_equal(run.trace["theta"][k], plain.trace["theta"][k]) for k in (0, 9, 10, 20)]
    assert same == [True, True, False, False]
    still = np.abs(run.trace["theta"][20] - run.trace["theta"][10]).max()
    assert 0 < still <= 2e-4


# the one that is shown ------------------------------------------------------------------------


def test_a_hand_moves_what_is_shown_and_nothing_is_learned_from_it() -> None:
    held = play(ppo, **SHORT).step(3).set(hand="right").step(5).set(hand="policy").wait()
    plain = play(ppo, **SHORT).wait()
    speed = held.trace["state"][:, 1]
    gains = np.diff(speed)[3:8]
    assert (gains > 0).all(), "each push to the right makes the cart faster"
    assert not np.array_equal(held.trace["state"], plain.trace["state"])
    assert np.array_equal(held.trace["theta"], plain.trace["theta"])
    assert held.line.endswith("@4 hand=right @9 hand=policy")


def test_a_trained_one_can_still_be_pushed() -> None:
    run = play(ppo, **SHORT).wait()
    before, length = run.trace["state"][-1], len(run.trace)
    run.set(hand="left")
    assert (run.status, len(run.trace)) == ("done", length + 1)
    assert run.trace["state"][-1, 1] < before[1]
    assert run.trace["verdict"][-1] == run.trace["verdict"][-2] != ""


def test_the_result_answers_states() -> None:
    policy = play(ppo, **SHORT).wait().result
    assert isinstance(policy, Policy)
    assert policy.act(np.zeros((5, 4), np.float32)).shape == (5,)


# worlds of the user's -------------------------------------------------------------------------


class Target(gymnasium.Env[Any, Any]):
    """Say the number that is shown: for a policy that learns anything at all."""

    observation_space = spaces.Box(-1, 1, (1,))
    action_space: Any = spaces.Discrete(2, start=3)
    render_mode = None

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.left = 5
        return self._shown(), {}

    def _shown(self) -> Floats:
        self.wanted = int(self.np_random.integers(2))
        return np.array([2.0 * self.wanted - 1], np.float32)

    def step(self, action: Any) -> Any:
        assert self.action_space.contains(action)
        r = float(action - 3 == self.wanted)
        self.left -= 1
        return self._shown(), r, self.left == 0, False, {}


def test_an_environment_of_the_users_own_is_learned() -> None:
    run = play(ppo, env=Target(), envs=8, horizon=16, updates=10).wait()
    assert run.trace["score"][-1] == 5
    assert "names none" in run.trace["verdict"][-1]
    assert "No picture of this environment" in run.trace["undrawn"][0]
    assert run.views[0].kind == "words"


@pytest.mark.parametrize("env", [Target, lambda: Target(), "FrozenLake-v1", "Pendulum-v1"])
def test_classes_functions_ids_and_numbers_as_actions_are_taken(env: Any) -> None:
    run = play(ppo, env=env, **SHORT)
    run.step(15).stop()
    assert np.isfinite(run.trace["kl"][-1])


def test_gymnasiums_own_drawing_is_shown_where_we_have_none() -> None:
    pytest.importorskip("pygame")
    run = play(ppo, env="Acrobot-v1", **SHORT).step(8)
    run.stop()
    pictures = run.trace["picture"]
    assert pictures.shape[1:] == (166, 166, 3)
    assert (pictures[0] != pictures[8]).any()
    assert run.views[0].kind == "image"


class Plain(Target):
    """It cannot be asked for a drawing: its constructor takes nothing."""

    def __init__(self) -> None:
        pass


def test_an_id_whose_environment_takes_no_render_mode_is_learned_without_a_picture() -> None:
    gymnasium.register("Plain-v0", cast(Any, Plain))
    try:
        run = play("rl.ppo", env="Plain-v0", **SHORT).wait()
    finally:
        del gymnasium.registry["Plain-v0"]
    assert run.trace["undrawn"][-1].startswith("No picture of this environment: ")
    assert run.trace["score"][-1] >= 0


class Endless(Target):
    """Every second one never ends."""

    made: ClassVar[int] = 0

    def __init__(self) -> None:
        Endless.made += 1
        self.ends = bool(Endless.made % 2)

    def step(self, action: Any) -> Any:
        shown, r, over, cut, info = super().step(action)
        return shown, r, over and self.ends, cut, info


def test_what_is_cut_when_it_is_judged_is_said() -> None:
    pi = Policy(world_of(Endless, 1, rng()), 4, rng())
    assert f"episodes of a fresh seed, 50 cut at {LIMIT:,} steps" in judged(pi, Endless, 0)[1]
    assert "cut" not in judged(pi, Target, 0)[1]


class Door(Target):
    """Those that are open now."""

    opened: ClassVar[list[int]] = []

    def __init__(self) -> None:
        self.opened.append(id(self))

    def close(self) -> None:
        self.opened.remove(id(self))


class Stuck(Door):
    def close(self) -> None:
        super().close()
        raise OSError("the door is stuck")


@pytest.mark.parametrize("ends", [True, False])
def test_environments_are_closed_but_for_the_one_that_can_still_be_moved(ends: bool) -> None:
    run = play(ppo, env=Door, **SHORT).step(8)
    assert len(Door.opened) == SHORT["envs"] + 1
    if ends:
        run.wait().set(hand="left")
        assert len(Door.opened) == 1
    else:
        run.stop()
    run.close()
    del run
    gc.collect()
    assert Door.opened == []


def test_an_environment_that_cannot_be_closed_ends_no_run() -> None:
    world = world_of(Stuck, 1, rng())
    world.close()
    assert Door.opened == []


class Pixels(Target):
    observation_space = spaces.Box(0, 255, (8, 8, 3))


class Words(Target):
    observation_space: Any = spaces.Dict({"x": spaces.Box(-1, 1, (1,))})


class Many(Target):
    action_space: Any = spaces.MultiDiscrete([2, 2])


def broken() -> Any:
    raise RuntimeError("no simulator here")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("CartPol-v1", "no environment that Gymnasium knows. Did you mean 'CartPole-v"),
        ("Box", "no environment that Gymnasium knows"),
        ("<b>", "cannot be made: Error: Malformed environment ID: <b>"),
        ("", "cannot be made: Error: Malformed environment ID"),
        (3, "must be a Gymnasium id such as Acrobot-v1, an environment, or a function"),
        (Pixels(), "must be one row of numbers.*pictures ask for a convolutional network"),
        (Words(), "must be one row of numbers.*FlattenObservation makes it one"),
        (Many(), "must be Discrete, or a Box of one axis"),
        (broken, "cannot be made: RuntimeError: no simulator here"),
        (dict, "gives dict, no environment: it has no reset"),
    ],
)
def test_what_cannot_be_learned_is_said_in_one_line(env: Any, words: str) -> None:
    with pytest.raises(ParamError, match=words) as caught:
        play(ppo, env=env)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("env=")


def test_an_environment_that_cannot_be_copied_says_what_to_give_instead() -> None:
    class Held(Target):
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("a socket is no copy")

    with pytest.raises(MLError, match=r"cannot be copied .* give its class, or a function"):
        play(ppo, env=Held())


class Bare:
    """Four names, as the notebook says, and no base class."""

    observation_space = spaces.Box(-1, 1, (2,))
    action_space = spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.left = 5
        return np.zeros(2, np.float32), {}

    def step(self, action: Any) -> Any:
        self.left -= 1
        return np.zeros(2, np.float32), -0.001, self.left == 0, False, {}


def test_an_environment_needs_two_methods_and_two_spaces() -> None:
    run = play(ppo, env=Bare, **SHORT).wait()
    assert run.trace["undrawn"][-1] == "No picture of this environment: it has no render"
    assert run.trace["verdict"][-1].startswith("Return 0.0 on average")


def test_an_environment_of_gymnasiums_that_was_made_without_a_picture_says_so() -> None:
    run = play(ppo, env=gymnasium.make("MountainCar-v0"), **SHORT).step(2)
    run.stop()
    assert run.trace["undrawn"][-1].endswith('it was made without render_mode="rgb_array"')


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((np.zeros(2), 1.0, False, {}), "step gave 4 values: must be 5, observation, reward, ter"),
        (7, "step gave int: must be 5"),
        ((np.zeros(3), 1.0, False, False, {}), r"step showed array\(\[0., 0., 0.\]\): its obs"),
        (("left", 1.0, False, False, {}), "step showed 'left': its observation_space is Box"),
        ((np.full(2, np.nan), 1.0, False, False, {}), "step showed .*nan.*: must be finite"),
        ((np.zeros(2), np.nan, False, False, {}), "step gave the reward nan: must be a finite"),
        ((np.zeros(2), None, False, False, {}), "step gave the reward None: must be a finite"),
    ],
)
def test_what_an_environment_should_not_answer_is_said_in_one_line(answer: Any, words: str) -> None:
    class Wrong(Bare):
        def step(self, action: Any) -> Any:
            return answer

    with pytest.raises(ParamError, match=f"^env: {words}"):
        play(ppo, env=Wrong, **SHORT)


def test_a_number_that_its_space_does_not_hold_is_refused() -> None:
    class Far(Bare):
        observation_space: Any = spaces.Discrete(3)

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            return 3, {}

    with pytest.raises(ParamError, match=r"reset showed 3: its observation_space is Discrete\(3\)"):
        play(ppo, env=Far, **SHORT)


def test_what_was_cut_keeps_its_last_state_and_its_successor_begins_anew() -> None:
    past = Rollout(world_of(Target, 3, rng()), 12)
    pi = Policy(past.world, 4, rng())
    assert len(list(past.acts(pi, rng()))) == 12
    assert past.ended[4].all()
    assert past.ended.sum() == 6
    assert len(past.returns) == 6


def test_a_run_is_saved_and_read_again(tmp_path: Any) -> None:
    run = play(ppo, **SHORT).wait().save(tmp_path / "cart.mlw")
    again = load(tmp_path / "cart.mlw")
    assert again.trace.hash == run.trace.hash
