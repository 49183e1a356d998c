"""Attention beside its reference: heads switched off, steps, and a model of the user's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2Model,
    T5Config,
    T5Model,
    ViTConfig,
    ViTModel,
)

import mlwidgets
from mlwidgets import Text
from mlwidgets.errors import ParamError
from mlwidgets.info import info_of
from mlwidgets_nlp.attention import attention, steps
from mlwidgets_nlp.attention_sdp import attention_sdp
from mlwidgets_nlp.heads import Weights

CASES = 240
EXACT = 1e-10
SHAPES = [(1, 1), (1, 4), (7, 1), (2, 2), (3, 5), (12, 8), (40, 3), (5, 16)]  # tokens, heads


def draw(case: int) -> tuple[torch.Tensor, Weights, bool]:
    """Random tokens and projections, double precision; shapes include the degenerate."""
    g = torch.Generator().manual_seed(case)
    T, H = SHAPES[case % len(SHAPES)]
    d_k = int(torch.randint(1, 17, (1,), generator=g))
    size = 0.3 + case % 5

    def normal(*shape: int) -> torch.Tensor:
        drawn = torch.randn(*shape, generator=g, dtype=torch.float64)
        return drawn.mul(size / float(shape[-2]) ** 0.5)

    d = H * d_k
    W = Weights(normal(H, d, d_k), normal(H, d, d_k), normal(H, d, d_k), normal(d, d))
    return normal(T, d), W, bool(case // len(SHAPES) % 2)


def last(X: torch.Tensor, W: Weights, causal: bool, off: list[int]) -> dict[str, Any]:
    tokens = [str(t) for t in range(len(X))]
    d_k = W.W_Q.shape[-1]
    arrays = Weights(*(w.numpy() for w in W))
    frame = list(steps(tokens, X.numpy(), arrays, causal, d_k**0.5, off))[-1]
    return {name: tensor(value) for name, value in frame.items()}


def tensor(value: Any) -> Any:
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max())


def test_a_head_switched_off_is_a_head_whose_output_is_zero() -> None:
    for case in range(0, CASES, 6):
        X, W, causal = draw(case)
        H, d_k = len(W.W_Q), W.W_Q.shape[-1]
        off = [case % H]
        W_V = W.W_V.clone()
        W_V[off] = 0.0  # the values of that head say nothing
        ours, theirs = last(X, W, causal, off), last(X, W._replace(W_V=W_V), causal, [])
        whole = last(X, W, causal, [])
        assert apart(ours["Y"], theirs["Y"]) <= EXACT, case
        h = off[0]
        assert not ours["Z"][:, h * d_k : (h + 1) * d_k].any()
        change = float((ours["Y"] - whole["Y"]).norm() / whole["Y"].norm())
        assert ours["change"] == pytest.approx(100 * change)


def test_the_steps_are_those_of_the_paper() -> None:
    frames = list(attention_sdp(text="one two three", causal=True, tau=2.0, d_k=4))
    scores, scaled, masked, weighed, mixed = (torch.as_tensor(f["A"]) for f in frames)
    assert torch.allclose(scaled * 2.0 * 4**0.5, scores)
    assert torch.equal(masked.isinf(), torch.ones(1, 3, 3, dtype=torch.bool).triu(1))
    assert torch.allclose(masked.softmax(-1), weighed)
    assert torch.equal(weighed, mixed)
    assert [f["step"] for f in frames][:2] == ["scores", "scaled scores"]


def test_without_the_scale_the_softmax_saturates() -> None:
    spread = [attention_sdp(d_k=128, scale=on) for on in (True, False)]
    with_scale, without = (float(list(frames)[-1]["spread"][0]) for frames in spread)
    assert with_scale > 2.0
    assert without < 1.1 * 18 / 8, "hardly more than one token, or its like"


def test_each_head_finds_what_its_name_says() -> None:
    text = Text("A red fox, a red hen.")
    frame = list(attention(text=text, heads=5))[-1]
    tokens, A = frame["tokens"], torch.as_tensor(frame["A"])
    look = [[tokens[int(s)] for s in row] for row in A.argmax(-1)]
    assert look[1][1:] == tokens[:-1]
    assert look[2][:-1] == tokens[1:]
    assert set(look[4]) <= {",", "."}
    red = tokens.index("red")
    again = tokens.index("red", red + 1)
    assert float(A[0, red, again]) == pytest.approx(float(A[0, red, red]), rel=1e-4)
    assert len(frame["heads"]) == 5


# a model of the user's own -----------------------------------------------------------------

TEXT = "the quick brown fox jumps"


def bert(**more: Any) -> Any:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=99,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=37,
        max_position_embeddings=64,
        **more,
    )
    return BertModel(config)


def gpt2() -> Any:
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=99, n_embd=32, n_layer=2, n_head=2, n_positions=64)
    return GPT2Model(config)


class Letters:
    """The least a Hugging Face tokenizer is: ids in a batch, and their texts."""

    def __call__(self, text: str, return_tensors: str) -> dict[str, torch.Tensor]:
        ids = torch.tensor([[1 + ord(c) % 90 for c in text]])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [f"#{i}" for i in ids]


@pytest.mark.parametrize("make", [bert, gpt2])
@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_a_models_layers_are_its_own_attentions(make: Any, way: str) -> None:
    model = make()
    model.set_attn_implementation(way)
    model.train()  # dropout would change what is shown
    run = mlwidgets.play("nlp.attention", model=model, tokenizer=Letters(), text=TEXT)
    assert model.training
    assert model.config._attn_implementation == way
    model.set_attn_implementation("eager")
    with torch.no_grad():
        given = Letters()(TEXT, "pt")
        own = model.eval()(**given, output_attentions=True).attentions
    assert len(run.trace) == len(own)
    for k, layer in enumerate(own):
        assert np.abs(run.trace["A"][k] - layer[0].numpy()).max() <= 1e-6
    assert run.trace["tokens"][0][0] == "#27"
    assert run.trace["step"][-1] == f"layer {len(own)} of {len(own)}"
    assert [view.kind for view in run.views] == ["heads", "bars"]


@pytest.mark.parametrize("make", [bert, gpt2])
def test_a_model_of_ones_own_can_be_verified(make: Any) -> None:
    run = mlwidgets.play("nlp.attention", model=make(), tokenizer=Letters(), text=TEXT)
    found = run.verify()
    assert found.passed, found
    assert found.rows[0].quantity == "A of each layer"


def test_a_long_sentence_in_bytes_can_be_verified() -> None:
    run = mlwidgets.play("nlp.attention", model=gpt2_long(), text="a b c d e f g h " * 64)
    found = run.verify()
    assert found.passed, found
    assert found.rows[0].quantity == "A of each layer, kept in bytes"


def t5() -> Any:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=99, d_model=16, d_ff=16, d_kv=8, num_heads=2, num_layers=2, pad_token_id=0
    )
    return T5Model(config)


def test_of_an_encoder_and_decoder_the_encoder_is_shown() -> None:
    run = mlwidgets.play("nlp.attention", model=t5(), text=TEXT)
    assert run.trace["A"].shape == (2, 2, 5, 5)
    assert run.trace["A"].sum(-1) == pytest.approx(1, abs=1e-5)


def test_what_looks_back_only_is_seen_to() -> None:
    A = mlwidgets.play("nlp.attention", model=gpt2(), text=TEXT).trace["A"]
    assert not np.triu(A, 1).any()


@pytest.mark.parametrize("make", [bert, gpt2, t5])
def test_a_model_is_left_as_it_was(make: Any) -> None:
    model = make().train()
    model.get_input_embeddings().eval()  # one part in another mode than the rest
    calls: list[Any] = []
    hook = model.register_forward_hook(lambda *said: calls.append(said))
    kept = hash_of(model)
    for text in (TEXT, "a " * 600):  # shown, and refused
        try:
            mlwidgets.play("nlp.attention", model=model, text=text)
        except ParamError:
            assert text != TEXT
        assert hash_of(model) == kept
    hook.remove()


def hash_of(model: Any) -> Any:
    """Modes, configuration, hooks, gradients and numbers of a model."""
    parts = [
        (m.training, len(m._forward_hooks), len(m._forward_pre_hooks)) for m in model.modules()
    ]
    numbers = [
        (p.requires_grad, p.grad is None, float(p.detach().sum())) for p in model.parameters()
    ]
    return (
        parts,
        numbers,
        set(vars(model)),
        model.config.to_dict(),
        model.config._attn_implementation,
    )


@pytest.mark.parametrize(
    "text", ["مرحبا بالعالم يا صديقي", "🦊 jumps 👩‍👩‍👧 over 🐶", "naïve 東京 Straße", "a"]
)
def test_any_script_can_be_weighed(text: str) -> None:
    for model in (None, bert()):
        run = mlwidgets.play("nlp.attention", text=text, model=model)
        tokens = run.trace["tokens"][-1]
        assert "".join(tokens) == "".join(text.split())
        assert run.trace["A"][-1].shape[-1] == len(tokens)


def test_with_a_model_what_it_does_not_use_is_neither_offered_nor_asked() -> None:
    plain, own = (mlwidgets.play("nlp.attention", model=m, text=TEXT) for m in (None, bert()))
    unused = {"heads", "d_k", "causal", "scale", "tau", "ablate", "seed"}
    for run, inert in ((plain, set()), (own, unused)):
        assert set(run.algorithm.spec.inert(run.params)) == inert
    assert len(info_of(plain)["tries"]) == 3
    assert info_of(own)["tries"] == []


def test_without_a_tokenizer_words_are_hashed_and_shown_as_they_are() -> None:
    run = mlwidgets.play("nlp.attention_viz", model=bert(), text=TEXT)
    assert run.trace["tokens"][0] == tuple(TEXT.split())
    assert run.trace["A"].shape == (3, 4, 5, 5)


def test_a_long_sentence_is_kept_in_bytes_of_the_root() -> None:
    run = mlwidgets.play("nlp.attention", model=gpt2_long(), text="a b c d e f g h " * 64)
    A = run.trace["A"]
    assert A.dtype == np.uint8
    assert A.shape[1:] == (2, 512, 512)
    assert np.abs(((A / 255.0) ** 2).sum(-1) - 1).max() < 0.1
    assert run.trace.nbytes < 2 * 2**20


def gpt2_long() -> Any:
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=99, n_embd=16, n_layer=2, n_head=2, n_positions=512)
    return GPT2Model(config)


# what cannot be done ----------------------------------------------------------------------


def refused(**params: Any) -> str:
    with pytest.raises(ParamError) as caught:
        mlwidgets.play("nlp.attention", **params)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_text_that_cannot_be_weighed_is_refused_with_the_limit_and_why() -> None:
    assert "must have at least one word" in refused(text="")
    assert "must have at least one word" in refused(text=" \n\t")
    assert "must have at least one word" in refused(text="!!! ...")
    enormous = refused(text="x" * 100_000)
    assert "at most 512 tokens, has 100,000 letters" in enormous
    assert "every pair" in enormous
    assert "has 600" in refused(text="a " * 600)
    assert "is 700 tokens of this tokenizer" in refused(
        text="a" * 700, model=bert(), tokenizer=Letters()
    )
    assert "the model has places for 64" in refused(text="a " * 65, model=bert())


class Plain(torch.nn.Module):
    """A model without attentions."""

    class Config:
        pass

    config = Config()

    def __init__(self) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(9, 4)

    def get_input_embeddings(self) -> torch.nn.Embedding:
        return self.words

    def forward(self, input_ids: torch.Tensor, **_: Any) -> torch.Tensor:
        out: torch.Tensor = self.words(input_ids)
        return out


def test_a_head_that_is_not_there_cannot_be_switched_off() -> None:
    assert refused(ablate=[2, 9]) == "ablate=[2, 9]: has no head 9, must be of 0 to 7"
    assert "a model's heads cannot be switched off, must be []" in refused(ablate=[3], model=bert())


def test_fewer_heads_drop_those_that_are_gone_from_what_is_switched_off() -> None:
    run = mlwidgets.play("nlp.attention", text=TEXT, ablate=[1, 6])
    run.restart(heads=4)
    assert run.params["ablate"] == [1]
    assert run.trace["A"].shape[1] == 4
    with pytest.raises(ParamError, match="no head 5, must be of 0 to 3"):
        run.restart(heads=4, ablate=[5])
    assert run.params["ablate"] == [1]
    assert run.restart(model=bert()).params["ablate"] == []


def test_what_is_no_model_with_attentions_is_refused() -> None:
    assert "must be a Hugging Face model object" in refused(model=3)
    assert "must be a Hugging Face model object" in refused(model=BertModel)
    assert "must be a Hugging Face tokenizer" in refused(model=bert(), tokenizer="bert")
    assert "gives no attentions" in refused(model=Plain())
    assert "meta device" in refused(model=bert().to("meta"))


class Odd(Letters):
    """A tokenizer that gives these ids, or raises."""

    def __init__(self, ids: list[int] | None) -> None:
        self.ids = ids

    def __call__(self, text: str, return_tensors: str) -> dict[str, torch.Tensor]:
        if self.ids is None:
            raise KeyError("pad_token")
        return {"input_ids": torch.tensor([self.ids], dtype=torch.long)}


def test_a_tokenizer_that_does_not_fit_is_told_from_a_model_that_does_not() -> None:
    assert "tokenizer: Odd refused the text: KeyError" in refused(model=bert(), tokenizer=Odd(None))
    other = refused(model=bert(), tokenizer=Odd([1, 5000]))
    assert "has a token number 5,000, but the model knows 99: is it another model's?" in other
    assert "at least one token of this tokenizer" in refused(model=bert(), tokenizer=Odd([]))


def test_a_model_of_pictures_is_refused() -> None:
    config = ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=32)
    assert "model: ViTModel takes no tokens of text" in refused(model=ViTModel(config))


def test_without_a_tokenizer_the_picture_says_that_words_are_arbitrary() -> None:
    own, hashed = (
        mlwidgets.play("nlp.attention", model=bert(), tokenizer=t, text=TEXT).trace["step"][0]
        for t in (Letters(), None)
    )
    assert own == "layer 1 of 3"
    assert hashed == "layer 1 of 3 (no tokenizer: words stand for arbitrary ones)"


def test_a_refused_change_loses_nothing() -> None:
    run = mlwidgets.play("nlp.attention", model=bert(), text=TEXT)
    before = run.trace.hash
    for bad in ({"text": ""}, {"text": "a " * 65}, {"model": Plain()}, {"heads": 99}):
        with pytest.raises(ParamError):
            run.restart(**bad)
        assert (run.status, run.trace.hash, run.params["text"]) == ("done", before, TEXT)
    assert run.restart(text="still alive").trace["tokens"][0] == ("still", "alive")
