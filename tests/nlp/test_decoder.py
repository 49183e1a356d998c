"""A GPT in the notebook: what it computes, what it reads, and what it leaves when it is stopped."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mlwidgets import ParamError, Run, Text
from mlwidgets_nlp.books import RARE, alphabet, numbered, pydoc
from mlwidgets_nlp.decoder import decoder, forward, gelu, norm, plain, surprise
from mlwidgets_nlp.gpt import FUSED, GPT, Sizes, begun, learning, remembering, shapes
from mlwidgets_nlp.lessons import Lessons, sized
from mlwidgets_nlp.writing import chosen, known_words, named, write

TINY: dict[str, Any] = {
    "layers": 1,
    "heads": 2,
    "width": 16,
    "context": 16,
    "batch": 4,
    "steps": 12,
}
VERSE = Text("the cat sat on the mat. " * 40)


def drawn() -> GPT:
    """A GPT whose scores differ, in double precision."""
    rng, sizes = np.random.default_rng(0), Sizes(20, 2, 4, 32, 24)
    theta = begun(rng, sizes).double()
    theta += torch.from_numpy(rng.normal(0, 0.2, len(theta)))
    return GPT(theta, sizes, alphabet("abcdefghijklmnopqrs"))


# what it computes -----------------------------------------------------------------------------


def test_the_kernels_of_the_training_are_the_equations() -> None:
    gpt = drawn()
    x = torch.randint(20, (3, 24), generator=torch.Generator().manual_seed(0))
    A: list[torch.Tensor] = []
    assert torch.allclose(forward(gpt.weights, x, plain(A)), forward(gpt.weights, x, FUSED))
    assert [tuple(a.shape) for a in A] == [(3, 4, 24, 24)] * 2
    assert torch.allclose(A[0].sum(-1), torch.ones(1, dtype=torch.float64))
    assert not A[0].triu(1).any(), "nobody looks ahead"
    X = torch.randn(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(gelu(X), FUSED.gelu(X))
    g, b = X[0], X[1]
    assert torch.allclose(norm(X, g, b), FUSED.norm(X, g, b))


def test_a_character_at_a_time_gives_the_scores_of_all_at_once() -> None:
    gpt = drawn()
    x = torch.randint(20, (2, 24), generator=torch.Generator().manual_seed(0))
    ops, found = remembering(), []
    found.append(forward(gpt.weights, x[:, :9], ops, 0))
    found += [forward(gpt.weights, x[:, t : t + 1], ops, t) for t in range(9, 24)]
    assert torch.allclose(torch.cat(found, 1), forward(gpt.weights, x))


def test_theta_holds_every_weight_once() -> None:
    sizes = Sizes(11, 3, 2, 8, 6)
    gpt = GPT(begun(np.random.default_rng(0), sizes), sizes, "")
    w = gpt.weights
    seen = [w.E, w.P, *(part for block in w.blocks for part in block), w.g, w.b]
    assert [tuple(part.shape) for part in seen] == shapes(sizes)
    assert sum(part.numel() for part in seen) == len(gpt.theta)
    assert all(
        part.untyped_storage().data_ptr() == w.E.untyped_storage().data_ptr() for part in seen
    )


def test_what_is_written_follows_the_probabilities() -> None:
    p = torch.tensor([[0.2, 0.0, 0.5, 0.3]])
    u = torch.linspace(0, 0.999, 1000)
    counts = torch.stack([chosen(p, u[k : k + 1])[0] for k in range(1000)]).bincount(minlength=4)
    assert (counts / 1000 - p[0]).abs().max() < 2e-3
    assert counts[1] == 0


def test_a_cold_gpt_writes_the_likeliest_each_time() -> None:
    gpt = drawn()
    x = gpt.read("abc")
    (line,) = write(forward, gpt, x, 1e-4, torch.full((8, 1), 0.5, dtype=torch.float64))
    for c in line:
        assert gpt.read(c)[0] == forward(gpt.weights, x[None])[0, -1].argmax()
        x = torch.cat([x, gpt.read(c)])


# what it reads --------------------------------------------------------------------------------


def test_the_text_that_every_python_has_is_english() -> None:
    text = pydoc()
    assert text.count(" the ") > 2000
    assert 60_000 < len(text.split()) < 80_000
    assert " " * 3 in text
    assert " " * 4 not in text, "a small GPT that writes a long run of blanks writes no end of it"


def test_rare_characters_of_a_large_alphabet_are_read_as_one() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 400))) + "abc" * 9 + "\ud800"
    chars = alphabet(text)
    assert len(chars) == 256
    assert {"a", "b", "c", RARE} <= set(chars)
    ids = numbered("abc\ud800\U0010ffff", chars)
    assert [chars[k] for k in ids] == ["a", "b", "c", RARE, RARE]


def test_a_tenth_is_kept_from_it() -> None:
    text = "a" * 900 + "b" * 100
    lessons = Lessons(text, 8, 64, np.random.default_rng(0))
    x, y = lessons.batch()
    assert {lessons.chars[k] for k in torch.cat([x, y], 1).flatten().tolist()} == {"a"}
    assert {lessons.chars[k] for k in torch.cat(lessons.unseen, 1).flatten().tolist()} == {"b"}
    assert torch.equal(x[:, 1:], y[:, :-1])


def test_a_file_is_read_in_place_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "verse.txt"
    path.write_text(VERSE.upper(), "utf-8")
    frame = list(decoder(file=path, **TINY))[-1]
    assert frame["written"].isupper() or RARE in frame["written"]
    path.write_text("too little", "utf-8")
    with pytest.raises(ParamError, match=r"file=verse.txt: must have at least 200 characters.*10"):
        next(decoder(file=path, **TINY))


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"text": "short"}, "at least 200 characters to learn from, has 5, or be pydoc or stdlib"),
        ({"text": ""}, "at least 200 characters"),
        ({"width": 30, "heads": 4}, "width=30: must be a multiple of heads=4, such as 32"),
        (
            {"batch": 512, "context": 1024, "width": 1024, "layers": 12},
            "batch=512: needs about 4.. GB with context=1024, .* at most 8 GB, such as batch=9",
        ),
        ({"lr": 5.0}, r"lr=5.0: must lie in \[1e-05, 0.1\]"),
        ({"file": "no/such/file"}, "cannot be read"),
    ],
)
def test_what_cannot_be_learned_is_said_in_a_line(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ParamError, match=says) as caught:
        next(decoder(**params))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["é漢🦊\n\t" * 60, "a" * 300, "<b>&amp;</b><script>x</script>" * 20]
)
def test_any_text_can_be_learned(text: str) -> None:
    frame = list(decoder(text=Text(text), **TINY))[-1]
    assert np.isfinite(frame["validation"])
    assert 0 < float(np.sum(frame["p"])) < 1 + 1e-4
    assert np.all(np.diff(frame["p"]) <= 0)


def test_a_prompt_may_be_empty_long_or_of_characters_it_never_saw() -> None:
    frame = next(decoder(prompt="", text=VERSE, **TINY))
    assert frame["tokens"] == ["⏎"]
    frame = next(decoder(prompt="z漢" * 100, text=VERSE, **TINY))
    assert len(frame["tokens"]) == TINY["context"] // 2
    assert frame["A"].shape == (2, 8, 8)


# what it learns -------------------------------------------------------------------------------


def test_it_learns_a_verse_by_heart() -> None:
    frames: list[Any] = list(
        decoder(text=VERSE, prompt="the c", tau=0.1, lr=0.01, **{**TINY, "steps": 120})
    )
    assert frames[-1]["validation"] < 0.5 < 2 < frames[0]["validation"]
    assert "cat sat on" in frames[-1]["written"]
    assert frames[-1]["known"] > 0.9


def test_its_text_prompt_and_layer_are_live_and_answered_at_the_end() -> None:
    run = Run(decoder, {"text": VERSE, **TINY}, at=3, thread=False)
    run.set(tau=0.2, prompt="mat")
    run.step()
    assert run.trace.row(-1)["tokens"] == ("m", "a", "t")
    run.wait()
    run.set(prompt="sat")
    last = run.trace.row(-1)
    assert last["tokens"] == ("s", "a", "t")
    assert last["written"].startswith("sat")
    assert (last["step"], run.number) == (12, 13)


def test_the_result_is_the_best_by_validation() -> None:
    frames = decoder(text=Text("abcdefghij" * 30 + "zyxw" * 9), lr=0.1, every=1, **TINY)
    seen = []
    while True:
        try:
            seen.append(next(frames)["validation"])
        except StopIteration as end:
            best: GPT = end.value
            break
    rng = np.random.default_rng(0)
    lessons = Lessons("abcdefghij" * 30 + "zyxw" * 9, 16, 4, rng)
    assert surprise(best, *lessons.unseen).item() == pytest.approx(min(seen), rel=1e-5)


def test_a_run_that_is_stopped_leaves_what_it_has_learned() -> None:
    run = Run(decoder, {"text": VERSE, **TINY, "steps": 100_000}, at=20, thread=False)
    run.stop()
    assert isinstance(run.result, GPT)
    begun_at = next(decoder(text=VERSE, **TINY))["validation"]
    lessons = Lessons(VERSE, 16, 4, np.random.default_rng(0))
    assert surprise(run.result, *lessons.unseen).item() < begun_at
    assert repr(run.result) == "<GPT of 1 layers x 2 heads x 16 features, 12 characters, 16 places>"


def test_the_same_line_gives_the_same_run() -> None:
    one, other = (Run(decoder, {"text": VERSE, **TINY}, device="cpu").wait() for _ in range(2))
    assert one.trace.hash == other.trace.hash


# what it shows --------------------------------------------------------------------------------


def test_words_are_known_that_the_text_has_whole() -> None:
    words = {"cat", "mat", "sat"}
    assert known_words(["he cat sat on xyz ma"], words) == pytest.approx(2 / 3)
    assert known_words(["cat"], words) is None, "it may have begun before, and go on"


def test_a_head_is_named_by_what_it_looks_at() -> None:
    T = 12
    eye = torch.eye(T)
    back = torch.cat([eye[:1], eye[:-1]])
    first = torch.zeros(T, T)
    first[:, 0] = 1
    even = torch.ones(T, T).tril()
    A = torch.stack([eye, back, first, even / even.sum(-1, keepdim=True)])
    assert named(A, "abcdefghijkl") == [
        "head 0: itself, 100 %", "head 1: 1 back, 92 %", "head 2: the first, 67 %", "head 3: even"
    ]  # fmt: skip


def test_frames_cost_little_beside_the_training() -> None:
    frames: list[Any] = list(islice(decoder(text=VERSE, every=5, **TINY), 5))
    assert frames[1]["A"] is frames[4]["A"], "until the next look every frame shares it"
    assert not frames[1]["A"].flags.writeable


def test_products_of_16_bits_lead_the_same_way() -> None:
    """Where the processor has them; elsewhere both are the same."""
    rng = np.random.default_rng(0)
    lessons = Lessons(VERSE, 24, 8, rng)
    sizes = sized(lessons.chars, 2, 4, 32, 24)
    gpt = GPT(begun(rng, sizes).requires_grad_(), sizes, lessons.chars)
    x, y = lessons.batch()
    with learning(gpt.theta):
        loss = surprise(gpt, x, y)
        (g,) = torch.autograd.grad(loss, gpt.theta)
    exact = surprise(gpt, x, y)
    (wanted,) = torch.autograd.grad(exact, gpt.theta)
    assert loss.item() == pytest.approx(exact.item(), rel=2e-3)
    assert g.dtype == torch.float32
    assert torch.nn.functional.cosine_similarity(g, wanted, 0) > 0.999
