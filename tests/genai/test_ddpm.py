"""`genai.ddpm` draws what it has seen, points or digits, and begins again with what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from scipy.spatial.distance import cdist

from mlwidgets import ParamError, play
from mlwidgets_genai.ddpm import Diffusion, ddpm
from mlwidgets_genai.schedules import betas
from mlwidgets_genai.unet import UNet
from mlwidgets_genai.walking import hops_of

Frames = list[Any]


def play_plainly(**given: Any) -> Any:
    """Values as a reader gives them."""
    return ddpm(**given)


def phase_of(frames: Frames, name: str) -> Frames:
    return [frame for frame in frames if frame["phase"].startswith(name)]


DENSE = ddpm.spec["points"].check("moons:2000").xy


def off(drawn: Any) -> float:
    """How far points lie from where moons are, on average."""
    return float(cdist(drawn, DENSE).min(1).mean())


@pytest.fixture(scope="module")
def moons() -> Frames:
    return list(ddpm())


def test_forwards_it_ends_in_noise_and_backwards_in_what_it_has_seen(moons: Frames) -> None:
    forward, reverse = phase_of(moons, "forward"), phase_of(moons, "reverse")
    data = forward[0]["x"]
    assert [f["t"] for f in forward] == list(range(61))
    assert [f["t"] for f in reverse] == list(range(59, -1, -1))
    noise = forward[-1]["x"] - data.mean(0)
    assert abs(np.corrcoef(noise[:, 0], data[:, 0])[0, 1]) < 0.2, "nothing of the moons is left"
    for drawn in (reverse[-1]["x"], reverse[-1]["ddim"]):
        assert off(drawn) < 0.025, "each point lies on a moon"
        assert cdist(data, drawn).min(1).mean() < 0.06, "and no part of the moons is left out"


def test_the_prediction_becomes_the_cloud(moons: Frames) -> None:
    reverse = phase_of(moons, "reverse")
    apart = [float(np.abs(f["x0"] - reverse[-1]["x"]).mean()) for f in reverse]
    assert apart[-1] < 0.05 < 0.2 < apart[0]


def test_what_has_hardly_learned_draws_worse(moons: Frames) -> None:
    assert off(list(ddpm(steps=20))[-1]["x"]) > 2 * off(moons[-1]["x"])


def test_the_arrows_point_to_where_points_are(moons: Frames) -> None:
    end = moons[-1]
    far = np.abs(end["grid"]).max(1) > 1.3
    inwards = -(end["grid"] * end["score"]).sum(1)[far]
    assert (inwards > 0).mean() > 0.95


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@pytest.mark.parametrize("T", [4, 60, 1000])
def test_a_schedule_goes_from_all_to_hardly_anything(schedule: Any, T: int) -> None:
    way = Diffusion(schedule, T, 1.0)
    assert way.a[0] == 1
    assert (way.a[1:] < way.a[:-1]).all()
    assert way.a[-1] < 0.01
    assert ((betas(schedule, T) > 0) & (betas(schedule, T) < 1)).all()


def test_ddim_takes_the_steps_that_are_asked_for() -> None:
    assert hops_of(60, 4) == [60, 45, 30, 15, 0]
    assert hops_of(5, 100) == [5, 4, 3, 2, 1, 0]
    clouds = [frame["ddim"] for frame in phase_of(list(ddpm(steps=3, hops=4)), "reverse")]
    changed = [t for t in range(1, 60) if not np.array_equal(clouds[t], clouds[t - 1])]
    assert len(changed) == 3


def test_what_is_drawn_meanwhile_is_learned_next() -> None:
    run = play(ddpm, steps=30)
    run.step(70)
    run.set(points="circles")
    run.step(3)
    assert run.trace["phase"][-1].startswith("forward")
    rings = run.trace["x"][-3]
    near = cdist(rings, ddpm.spec["points"].check("circles").xy).min(1)
    assert near.mean() < 0.05
    run.wait()
    assert run.trace["trained"][-1] == 40
    run.close()


def test_points_are_nothing_to_digits() -> None:
    run = play(ddpm, data="digits", T=4, steps=2, batch=4)
    run.step(2)
    run.set(points="circles")
    run.wait()
    assert run.trace["trained"][-1] == 2
    run.close()


def test_what_is_drawn_farther_out_can_be_reached() -> None:
    run = play(ddpm, steps=150)
    run.step(70)
    run.set(points=[[3.0, 3.0], [3.1, 3.0], [3.0, 3.1]])
    run.wait()
    assert np.abs(run.trace["x"][-1] - 3).mean() < 0.5
    run.close()


def test_a_table_is_shown_in_its_own_units() -> None:
    rng = np.random.default_rng(0)
    metres, grams = rng.normal(1.7, 0.1, 200), rng.normal(70_000, 8_000, 200)
    end = list(play_plainly(points=np.stack([metres, grams], 1), steps=300, T=30))[-1]
    x0, x1, y0, y1 = end["extent"]
    assert x0 < metres.min() < metres.max() < x1
    assert y0 < grams.min() < grams.max() < y1
    assert (x1 - x0, y1 - y0) == pytest.approx((6.4 * metres.std(), 6.4 * grams.std()), rel=0.3)
    assert np.ptp(end["grid"], 0) == pytest.approx([(x1 - x0) * 12 / 13, (y1 - y0) * 12 / 13])
    for drawn in (end["x"], end["ddim"]):
        assert drawn.mean(0) == pytest.approx([1.7, 70_000], rel=0.05)
        assert drawn.std(0) == pytest.approx([0.1, 8_000], rel=0.35)


def test_points_like_drawn_ones_are_shown_on_the_plane_that_is_drawn_on(moons: Frames) -> None:
    assert moons[0]["extent"] == pytest.approx([-1.6, 1.6, -1.6, 1.6])


def test_huge_numbers_of_a_table_are_no_fault() -> None:
    end = list(play_plainly(points=[[1e60, 3.0], [2e60, 3.0]], steps=5, T=4))[-1]
    assert np.isfinite(end["x"]).all()


def test_a_seed_below_0_is_refused() -> None:
    with pytest.raises(ParamError, match="seed=-1: must be at least 0"):
        play(ddpm, seed=-1)


def test_nothing_drawn_is_no_fault() -> None:
    frames = list(play_plainly(points="none", steps=5))
    assert all(f["loss"] is None for f in frames)
    assert np.isnan(frames[0]["x"]).all()


def test_one_point_is_learned() -> None:
    end = list(play_plainly(points=[[0.5, -0.5]], steps=200))[-1]
    assert np.abs(end["x"] - [0.5, -0.5]).mean() < 0.2


def test_digits_are_drawn_in_ink() -> None:
    frames = list(ddpm(data="digits", T=6, steps=3, hops=2, batch=16))
    assert frames[-1]["digit"].shape == (12, 8, 8)
    assert np.isfinite(frames[-1]["digit_ddim"]).all()
    assert "x" not in frames[0]
    losses = [f["loss"] for f in frames if f["loss"] is not None]
    assert len(losses) == 3


def test_a_u_net_is_that_of_diffusers_with_the_weights_copied() -> None:
    make: Any = UNet2DModel  # made by a decorator without types
    torch.manual_seed(0)
    shape = {"in_channels": 3, "out_channels": 3, "sample_size": 16, "norm_num_groups": 8}
    theirs = make(
        **shape,
        block_out_channels=(16, 32, 32),
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
        layers_per_block=2,
        add_attention=False,
    )
    ours = UNet(3, (16, 32, 32), layers=2, groups=8)
    copied(ours, theirs)
    x, t = torch.randn(2, 3, 16, 16), torch.tensor([3, 700])
    with torch.no_grad():
        assert torch.allclose(ours(x, t), theirs(x, t).sample, atol=1e-5)


def copied(ours: UNet, theirs: Any) -> None:
    """The weights of theirs in ours, block by block."""
    blocks = [block for of in theirs.down_blocks for block in of.resnets]
    pairs = list(zip(ours.down, blocks, strict=True))
    pairs += zip(ours.middle, theirs.mid_block.resnets, strict=True)
    pairs += zip(ours.up, [b for of in theirs.up_blocks for b in of.resnets], strict=True)
    names = {"time": "time_emb_proj", "around": "conv_shortcut"}
    parts = [
        (part, getattr(block, names.get(name, name)))
        for mine, block in pairs
        for name, part in mine.named_children()
        if list(part.parameters())
    ]
    parts += [
        (ours.time1, theirs.time_embedding.linear_1),
        (ours.time2, theirs.time_embedding.linear_2),
        (ours.into, theirs.conv_in),
        (ours.norm, theirs.conv_norm_out),
        (ours.out, theirs.conv_out),
    ]
    downs = [of.downsamplers[0].conv for of in theirs.down_blocks if of.downsamplers]
    ups = [of.upsamplers[0].conv for of in theirs.up_blocks if of.upsamplers]
    parts += [*zip(ours.halved, downs, strict=True), *zip(ours.doubled, ups, strict=True)]
    with torch.no_grad():
        for mine, other in parts:
            for weight, value in zip(mine.parameters(), other.parameters(), strict=True):
                weight.copy_(value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"T": 3}, "T=3: must lie in [4, 1000]"),
        ({"data": "digit"}, "Did you mean 'digits'?"),
        ({"points": [[0, float("nan")]]}, "points="),
        ({"schedule": "sine"}, "must be one of cosine, linear"),
    ],
)
def test_what_it_cannot_read_it_names(given: Any, said: str) -> None:
    with pytest.raises(ParamError) as caught:
        next(ddpm(**given))
    assert said in str(caught.value)
