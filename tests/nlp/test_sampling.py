"""Sampling from a run that has been trained: cuts, chance, beams, and what is asked of the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import TopKLogitsWarper, TopPLogitsWarper

from mlwidgets import ParamError, Run, Text
from mlwidgets.pages.box import Box
from mlwidgets.pages.svg import Sheet
from mlwidgets_nlp import branch_stills
from mlwidgets_nlp.branches import DEEP, WIDE
from mlwidgets_nlp.decoder import decoder, forward
from mlwidgets_nlp.references_decoder import library
from mlwidgets_nlp.sampling import cut, entropy, sampling

VERSE = Text("the cat sat on the mat. " * 40)


@pytest.fixture(scope="module")
def net() -> Run:
    """A GPT that has learned a verse, nearly by heart."""
    params = {"layers": 1, "heads": 2, "width": 16, "context": 32, "batch": 8, "steps": 120}
    return Run(decoder, {"text": VERSE, "lr": 0.02, **params}, device="cpu").wait()


def frames(net: Run, **params: Any) -> list[Any]:
    return list(sampling(net=net, length=30, **params))


def test_the_trained_run_is_the_parameter(net: Run) -> None:
    run = Run(sampling, {"net": net, "tau": 0.1, "length": 30, "prompt": "the c"}).wait()
    assert run.trace.row(-1)["text"].startswith("the cat sat on the mat.")
    assert run.result == run.trace.row(-1)["text"]
    assert len(run.result) == 5 + 30


def test_a_training_that_was_stopped_can_be_sampled(net: Run) -> None:
    training = Run(decoder, {**net.params, "steps": 100_000}, at=30, device="cpu", thread=False)
    with pytest.raises(ParamError, match=r"has no result.*paused.*\.stop\(\)"):
        next(sampling(net=training))
    training.stop()
    assert len(frames(training)[-1]["text"]) == len("The value of the ") + 30


def test_what_is_no_run_of_the_decoder_is_refused(net: Run) -> None:
    other = Run(sampling, {"net": net, "length": 2}).wait()
    for wrong in (other, "model", 3):
        with pytest.raises(ParamError, match=r"net=.*nlp\.decoder"):
            next(sampling(net=wrong))  # type: ignore[arg-type]  # it is what is tested


def test_a_cut_leaves_what_transformers_leaves() -> None:
    g = torch.Generator().manual_seed(0)
    ids = torch.zeros(1, 1, dtype=torch.int64)
    for k, top_p in ((1, 1.0), (3, 1.0), (0, 0.5), (5, 0.7), (50, 0.01), (0, 1.0)):
        z = 3 * torch.randn(1, 20, generator=g, dtype=torch.float64)
        warped = TopKLogitsWarper(k)(ids, z) if k else z
        warped = TopPLogitsWarper(top_p)(ids, warped)
        assert torch.allclose(cut(z[0].softmax(-1), k, top_p), warped[0].softmax(-1))


def test_entropy_counts_the_questions_that_are_open() -> None:
    assert entropy(torch.full((8,), 1 / 8)) == pytest.approx(3)
    assert entropy(torch.tensor([0.0, 1.0])) == 0


def test_greedy_takes_the_likeliest_and_never_asks_chance(net: Run) -> None:
    one, other = frames(net, way="greedy", seed=1), frames(net, way="greedy", seed=2, tau=3)
    assert one[-1]["text"] == other[-1]["text"]
    assert all(frame["pick"] == frame["next"][0] and frame["left"] == 1 for frame in one)


def test_top_p_is_of_what_top_k_leaves(net: Run) -> None:
    for row in frames(net, tau=3.0, k=3, top_p=0.6):
        assert row["kept"] == pytest.approx(row["p"][:3].sum())
        before = row["p"].cumsum() - row["p"]
        assert (row["q"] > 0).tolist() == (before < 0.6 * row["kept"]).tolist()
    assert frames(net)[-1]["kept"] == pytest.approx(1)


def test_thresholds_act_from_the_next_character_on(net: Run) -> None:
    run = Run(sampling, {"net": net, "tau": 3.0, "top_p": 1.0}, at=5, thread=False)
    before = run.trace.row(-1)["left"]
    run.set(k=2)
    run.step()
    row = run.trace.row(-1)
    assert (before > 5, row["left"]) == (True, 2)
    assert (row["q"] > 0).sum() == 2
    run.set(k=0, top_p=0.01)
    run.step()
    row = run.trace.row(-1)
    assert row["left"] == 1
    assert row["G"] == 0 < row["H"]


def test_surprise_is_what_the_model_says_of_each_character(net: Run) -> None:
    row = frames(net, tau=2.0)[-1]
    gpt = net.result
    x = gpt.read(row["text"])[-gpt.sizes.T - 1 :]
    log_p = forward(gpt.weights, x[None, :-1])[0].log_softmax(-1)
    bits = -log_p.gather(1, x[1:, None])[:, 0] / np.log(2)
    assert torch.allclose(torch.as_tensor(row["bits"][1:]), bits, atol=1e-4)
    assert row["bits"][0] == 0
    assert row["tokens"][0] == "…", "the text begins before what the model sees"
    assert "".join(row["tokens"][1:]).replace("␣", " ") == row["text"][-len(bits) :]


def test_the_text_is_shown_from_its_first_character(net: Run) -> None:
    row = frames(net, prompt="the cat")[3]
    assert "".join(row["tokens"]).replace("␣", " ") == row["text"]
    assert len(row["bits"]) == len(row["tokens"]) == len("the cat") + 4


def test_the_last_frame_counts_every_character(net: Run) -> None:
    run = Run(sampling, {"net": net, "length": 30}, thread=False).wait()
    assert run.progress == (30, 30, "character")


def test_beams_are_those_of_transformers(net: Run) -> None:
    gpt = net.result
    row = list(sampling(net=net, way="beam", beams=3, length=12, prompt="the "))[-1]
    found = (
        library(gpt)
        .eval()
        .generate(
            gpt.read("the ")[None],
            attention_mask=torch.ones(1, 4, dtype=torch.int64),
            num_beams=3,
            max_new_tokens=12,
            do_sample=False,
            pad_token_id=0,
        )
    )
    assert row["text"] == "".join(gpt.chars[c] for c in found[0].tolist())
    assert row["tips"].tolist() == [0, 1, 2]
    assert row["s"][-1].tolist() == sorted(row["s"][-1].tolist(), reverse=True)


@pytest.mark.parametrize("way", ["sample", "beam"])
def test_the_tree_leads_back_to_the_text(net: Run, way: Any) -> None:
    for row in frames(net, way=way, tau=2.0, top_p=1.0):
        steps, wide = row["parent"].shape
        at, read = int(row["tips"][0]), ""
        for step in range(steps - 1, -1, -1):
            read = row["chars"][step * wide + at] + read
            at = int(row["parent"][step, at])
        assert row["text"].replace(" ", "␣").replace("\n", "⏎").endswith(read)
        assert wide <= max(WIDE, 4)


def test_a_long_text_keeps_a_short_tree(net: Run) -> None:
    row = list(sampling(net=net, length=DEEP + 5))[-1]
    assert row["parent"].shape[0] == DEEP
    assert len(row["tokens"]) == net.result.sizes.T + 1


def test_a_text_longer_than_it_can_see_goes_on(net: Run) -> None:
    long = VERSE[: 10 * net.result.sizes.T]
    assert frames(net, prompt=long)[-1]["text"].startswith(long)


def test_without_a_run_a_small_one_is_trained_at_once() -> None:
    one, other = (next(sampling(seed=seed)) for seed in (0, 1))
    assert one["p"].tolist() == other["p"].tolist()


@pytest.mark.parametrize("still", ["beam", "cut"])
@pytest.mark.parametrize("way", ["sample", "beam", "greedy"])
def test_where_no_script_runs_there_is_a_picture(net: Run, still: str, way: str) -> None:
    run = Run(sampling, {"net": net, "way": way, "length": 9, "prompt": "<b>"}).wait()
    view = next(v for v in run.views if str(v.options.get("still", "")).endswith(f":{still}"))
    sheet = Sheet()
    height = getattr(branch_stills, still)(sheet, Box(run, view, 8, 0.0, 0.0, 500.0))
    drawing = sheet.svg(500, height, "what")
    assert height > 50
    assert drawing.count("<text") >= 5
