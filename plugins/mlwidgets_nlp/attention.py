r"""Multi-head attention: every token asks all tokens, and takes a mixture of what they answer.

Vaswani et al. (2017), "Attention Is All You Need", NeurIPS 30, 5998-6008.
doi:10.48550/arXiv.1706.03762

    Q_h = X W^Q_h, \quad K_h = X W^K_h, \quad V_h = X W^V_h      (1)  asked, offered, said
    S_h = Q_h K_h^\top                                           (2)  scores
    S_h \leftarrow S_h / (\tau \sqrt{d_k})                       (3)  scale
    S_h[t, s] \leftarrow -\infty \; \text{for} \; s > t          (4)  causal mask
    A_h = \text{softmax}(S_h)                                    (5)  weights: rows sum to 1
    Z = [A_1 V_1, \ldots, A_H V_H]                               (6)  mix, heads side by side
    Y = Z W^O                                                    (7)  output

Where: text sentence; heads heads; d_k features of a head; causal causal mask; scale divide by √d_k;
tau temperature; ablate heads switched off; seed seed; model your model; tokenizer its tokenizer;
tokens words and marks; step what A is now; A weight of each token for each; Q what a token asks;
K what a token offers; V what a token says; Z mixed values; Y output; spread tokens a word looks at;
change change of the output by ablation.

What to watch: Each head asks its own question. One finds words with the same letters, one the word
before, one punctuation; switch a head off and see how much of the output it made.

Try: causal=true  What does the first word look at now?
Try: tau=4  Why does every head see everything alike?
Try: ablate=[0,1,2,3]  How much of the output is left?

The heads are made by hand (heads.py), not learned; fewer `heads` drop from `ablate` those that
are gone. With a `model` the frames are its layers, and none is ablated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NotRequired, TypedDict

import numpy as np

from mlwidgets import Array, Bars, Frames, Heads, Heatmap, Range, Seed, Text, algorithm

from .heads import Floats, Weights, embed, kind, split, switched_off, weights
from .models import ARBITRARY, MODEL, OURS, TOKENIZER, attentions, encoded, kept
from .sentence import SENTENCE, Sentence


class Step(TypedDict):
    tokens: list[str]
    heads: list[str]
    step: str
    A: Annotated[Array, "head from to"]
    spread: Annotated[Array, "head"]
    Q: NotRequired[Annotated[Array, "token feature"]]
    K: NotRequired[Annotated[Array, "token feature"]]
    V: NotRequired[Annotated[Array, "token feature"]]
    Z: NotRequired[Annotated[Array, "token feature"]]
    Y: NotRequired[Annotated[Array, "token feature"]]
    change: NotRequired[Annotated[float, "%"]]


@algorithm(
    Heads("A", "Heads", heads="heads", says="step", ablate="ablate", unless="model"),
    Heatmap("Z", "Mixed values", "of all heads, side by side", rows="tokens"),
    Bars("spread", "Tokens a word looks at", "in each head, on average", labels="heads"),
    at=-1,
)
def attention(
    text: Annotated[Text, Sentence()] = SENTENCE,
    heads: Annotated[int, Range(1, 16), OURS] = 8,
    d_k: Annotated[int, Range(2, 128), OURS] = 16,
    causal: Annotated[bool, OURS] = False,
    scale: Annotated[bool, OURS] = True,
    tau: Annotated[float, Range(0.1, 10, log=True), OURS] = 1.0,
    ablate: Annotated[list[Annotated[int, Range(0, 15)]], OURS] = [],  # noqa: B006  never changed
    seed: Annotated[Seed, OURS] = 0,
    model: Annotated[Any, MODEL] = None,
    tokenizer: Annotated[Any, TOKENIZER] = None,
) -> Frames[Step]:
    off = switched_off(ablate, heads if model is None else 0)
    if model is not None:
        yield from layers(model, *encoded(text, model, tokenizer), ARBITRARY * (tokenizer is None))
        return
    tokens = split(text)
    X = embed(tokens).astype(np.float32)  # (T, d_model)
    W = Weights(*(w.astype(np.float32) for w in weights(heads, d_k, seed)))
    yield from steps(tokens, X, W, causal, tau * d_k**0.5 if scale else tau, off)


def steps(
    tokens: list[str], X: Floats, W: Weights, causal: bool, tau: float, off: list[int]
) -> Iterator[Step]:
    """Attention of all heads at once, in the precision of X. tau: what scores are divided by."""
    W_Q, W_K, W_V, W_O = W
    T, H = len(tokens), len(W_Q)
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V  # (1)  (H, T, d_k) each
    frame = Step(
        tokens=tokens,
        heads=[f"{h} {kind(h)}" for h in range(H)],
        step="scores",
        A=(S := Q @ K.mT),  # (2)  (H, T, T)
        spread=np.full(H, np.nan, X.dtype),
        Q=beside(Q),
        K=beside(K),
        V=beside(V),
        Z=np.full((T, len(W_O)), np.nan, X.dtype),
        Y=np.full_like(X, np.nan),
        change=np.nan,
    )
    yield frame

    S = S / tau  # (3)
    yield frame | {"A": S, "step": "scaled scores"}

    if causal:
        S = np.where(np.tri(T, dtype=bool), S, -np.inf).astype(X.dtype)  # (4)
    yield frame | {"A": S, "step": "scores after the mask" if causal else "no mask: all is seen"}

    A = np.exp(S - S.max(-1, keepdims=True))
    A = A / A.sum(-1, keepdims=True)  # (5)
    yield (frame := frame | {"A": A, "spread": spread(A), "step": "weights"})

    Z = A @ V  # (6)  (H, T, d_k)
    whole = beside(Z) @ W_O
    Z[off] = 0.0
    Y = beside(Z) @ W_O if off else whole  # (7)  (T, d_model)
    change = 100 * float(np.linalg.norm(Y - whole)) / max(float(np.linalg.norm(whole)), 1e-30)
    said = "values mixed" + (f", output changed by {change:.0f} %" if off else "")
    yield frame | {"step": said, "Z": beside(Z), "Y": Y, "change": change}


def beside(Z: Floats) -> Floats:
    """The heads of each token side by side: (H, T, d_k) to (T, H d_k)."""
    return Z.swapaxes(0, 1).reshape(Z.shape[1], -1)


def spread(A: Floats) -> Floats:
    """How many tokens a token looks at: exp of the entropy of its weights, the mean of a head."""
    return np.asarray(np.exp(-(A * np.log(np.maximum(A, 1e-30))).sum(-1)).mean(-1))  # (H,)


def layers(model: Any, tokens: list[str], given: Any, aside: str) -> Iterator[Step]:
    """A frame for each layer of a user's model."""
    found = attentions(model, given)
    for k, layer in enumerate(found):
        A = layer.float().cpu().numpy()  # (H, T, T)
        yield Step(
            tokens=tokens,
            heads=[f"head {h}" for h in range(len(A))],
            step=f"layer {k + 1} of {len(found)}{aside}",
            A=kept(A),
            spread=np.stack([spread(A_h) for A_h in A]),  # one head at a time stays in the cache
        )
