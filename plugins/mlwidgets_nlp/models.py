"""Attention of a user's own Hugging Face model, and the tokens it is given.

Nothing of transformers is imported: the model and the tokenizer are the user's objects. Torch is,
once there is a model; the attention of heads.py does without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from zlib import crc32

import numpy as np
import numpy.typing as npt

from mlwidgets import Kind, ParamError, Unless

from .heads import split
from .sentence import LIMIT

if TYPE_CHECKING:
    import torch

EXACT = 2**20  # bytes of (H, T, T)


@dataclass(frozen=True)
class Object(Kind):
    """An object of the user's, or none; shown by its type."""

    needs: tuple[str, ...]
    words: str
    name: ClassVar[str] = "opaque"

    def check(self, value: Any) -> Any:
        lacks = [n for n in self.needs if not hasattr(value, n)]
        if value is not None and (lacks or isinstance(value, type)):
            raise ValueError(f"must be {self.words}")
        return value

    def parse(self, text: str) -> Any:
        if text.lower() == "none":
            return None
        raise ValueError(f"must be {self.words}: write $name for a variable, not {text[:30]}")

    def format(self, value: Any) -> str:
        return "none" if value is None else f"${type(value).__name__.lower()}"

    def to_json(self, value: Any) -> str | None:
        return None if value is None else type(value).__name__

    def describe(self) -> str:
        return f"{self.words}, or none"


MODEL = Object(
    ("config", "parameters", "forward"),
    "a Hugging Face model object, such as BertModel.from_pretrained(...)",
)
ARBITRARY = " (no tokenizer: words stand for arbitrary ones)"
OURS = Unless("model")  # a model has its own heads
TOKENIZER = Object(("convert_ids_to_tokens", "__call__"), "a Hugging Face tokenizer object")


def encoded(text: str, model: Any, tokenizer: Any) -> tuple[list[str], dict[str, Any]]:
    """The tokens, and what the model is called with. Without a tokenizer a word's id is its hash.

    A model does not know such ids: its attention is then that of arbitrary words.
    """
    import torch  # who has a model has it

    where = placed(model)
    if tokenizer is None:
        tokens = split(text)
        ids = [[crc32(token.encode()) % vocabulary(model) for token in tokens]]
        given: Mapping[str, Any] = {"input_ids": torch.tensor(ids, device="cpu")}
    else:
        tokens, given = tokenized(text, tokenizer)
        if (most := int(given["input_ids"].max())) >= vocabulary(model):
            raise ParamError(
                f"tokenizer: has a token number {most:,}, but the model knows"
                f" {vocabulary(model):,}: is it another model's?",
                "tokenizer",
            )
    counted(len(tokens), model)
    return tokens, {name: tensor.to(where) for name, tensor in given.items()}


def tokenized(text: str, tokenizer: Any) -> tuple[list[str], Mapping[str, Any]]:
    """The tokens, and what the tokenizer gives for the model."""
    try:
        given = tokenizer(text, return_tensors="pt")
        tokens = [str(t) for t in tokenizer.convert_ids_to_tokens(given["input_ids"][0].tolist())]
    except Exception as error:  # it is the user's: whatever it raises is told
        kind, said = type(tokenizer).__name__, told(error)
        raise ParamError(f"tokenizer: {kind} refused the text: {said}", "tokenizer") from error
    if not tokens:
        raise ParamError("text: must be at least one token of this tokenizer, is none", "text")
    return tokens, given


def told(error: Exception) -> str:
    """Its kind and first line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]:.160}"


def vocabulary(model: Any) -> int:
    """How many tokens the model knows."""
    return int(model.get_input_embeddings().weight.shape[0])


def placed(model: Any) -> torch.device:
    """The device of the model's embeddings: what it is given must lie there."""
    try:
        device: torch.device = model.get_input_embeddings().weight.device
    except (AttributeError, NotImplementedError):
        kind = type(model).__name__
        raise ParamError(
            f"model: {kind} takes no tokens of text, as BertModel does", "model"
        ) from None
    if device.type == "meta":
        raise ParamError(
            "model: its weights are on the meta device, which holds no numbers", "model"
        )
    return device


def counted(T: int, model: Any) -> None:
    """ParamError for more tokens than can be shown, or than the model has places for."""
    room = getattr(model.config, "max_position_embeddings", None)
    if T > LIMIT:
        raise ParamError(
            f"text: is {T:,} tokens of this tokenizer, must be at most {LIMIT}:"
            f" attention weighs every pair of them, here {T * T:,} for each head",
            "text",
        )
    if isinstance(room, int) and room < T:
        raise ParamError(f"text: is {T:,} tokens, but the model has places for {room:,}", "text")


def attentions(model: Any, given: Mapping[str, Any]) -> list[torch.Tensor]:
    """The weights of every layer, each (H, T, T); ParamError where the model gives none."""
    import torch

    kind = type(model).__name__
    inner = model.get_encoder() if getattr(model.config, "is_encoder_decoder", False) else model
    with torch.no_grad(), telling(inner):
        try:
            out = inner(**given, output_attentions=True, return_dict=True)
        except Exception as error:  # it is the user's: whatever it raises is told
            raise ParamError(f"model: {kind} refused the tokens: {told(error)}", "model") from error
    found = [a for a in getattr(out, "attentions", None) or () if a is not None and a.ndim == 4]
    layers = [a[0] for a in found if a.shape == found[0].shape and a.shape[-1] == a.shape[-2]]
    if not layers:
        raise ParamError(
            f"model: {kind} gives no attentions; a model whose layers are attention does,"
            " such as BertModel or GPT2Model",
            "model",
        )
    return layers


def kept(A: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Weights as they are, or large ones as bytes, 255 times the root, whose small keep digits."""
    if A.nbytes <= EXACT:
        return A
    return np.stack([np.rint(255 * np.sqrt(A_h)).astype(np.uint8) for A_h in A])


@contextmanager
def telling(model: Any) -> Iterator[None]:
    """A model as it computes to be asked for its weights: no dropout, no fused attention."""
    was = [(m, m.training, dict(m._forward_hooks), set(vars(m))) for m in model.modules()]
    way = getattr(model.config, "_attn_implementation", "eager")
    fused = way not in (None, "eager") and hasattr(model, "set_attn_implementation")
    try:
        model.eval()
        if fused:
            model.set_attn_implementation("eager")
        yield
    finally:
        for module, training, hooks, names in was:  # transformers leaves hooks and a mark of them
            module.training = training
            module._forward_hooks.clear()
            module._forward_hooks.update(hooks)
            for name in set(vars(module)) - names:
                delattr(module, name)
        if fused:
            model.set_attn_implementation(way)
