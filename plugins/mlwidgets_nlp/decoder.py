r"""Transformer decoder: a GPT learns to write your text, one character after another.

Brown et al. (2020), "Language Models are Few-Shot Learners", NeurIPS 33, 1877-1901.
doi:10.48550/arXiv.2005.14165

    X_t = E_{x_t} + P_t                                        (1)  what a character is, and where
    \text{norm}(X) = g \frac{X - \bar X}{\sqrt{\text{var} X + 10^{-5}}} + b  (2)  in each place
    [Q, K, V] = \text{norm}(X) W^{QKV}                         (3)  biases not written
    A_h = \text{softmax}_{s \le t}(Q_h K_h^\top / \sqrt{d})    (4)  nobody looks ahead
    X \leftarrow X + [A_1 V_1, \ldots, A_H V_H] W^O            (5)  add what the heads found
    X \leftarrow X + \text{gelu}(\text{norm}(X) W_1) W_2       (6)  and what follows from it
    \text{gelu}(u) = \frac{u}{2} (1 + \tanh(\sqrt{2/\pi} (u + 0.044715 u^3)))  (7)  a soft switch
    z = \text{norm}(X) E^\top, \; p = \text{softmax}(z / \tau)  (8)  what comes next
    \text{loss} = -\frac{1}{n} \sum_t \log p(x_{t+1} \mid x_1 \ldots x_t)  (9)  at \tau = 1

Where: prompt how it begins; tau temperature; lr highest learning rate; layer layer that is shown;
text your text, or pydoc, stdlib; file a text file; layers layers; heads heads; width features;
context characters it sees; batch windows; steps batches; every batches between looks; loss batch
loss; validation unseen loss; step batches done; tokens the prompt; names what a head looks at; A
weights; next likely characters; p probability; written its text; known real words.

What to watch: Spaces come first, then short words and endings, then long words. Heads that look
at everything alike settle on something: the character before, the blanks, the same letter again.

Try: tau=0.2  What does it write when it never takes a risk?
Try: width=128 batch=8 steps=2000 lr=0.004  When, in this minute, do whole words come?

Layers are GPT-2's (Radford et al., 2019). The result: the weights of the best validation so far.
"""

from __future__ import annotations

from math import pi
from typing import Annotated

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding, linear

import mlwidgets as ml

from .books import PYDOC, Book, File, brought, opened
from .gpt import FUSED, GPT, AdamW, Ops, Weights, begun, beside, heads_of, learning, scores
from .lessons import Lessons, answers, schedule, sized
from .writing import Look, Seen


class Step(Seen):
    loss: float | None
    validation: Annotated[float, ml.Metric("lower")]
    step: Annotated[int, ml.Unit(total="steps")]


def norm(X: Tensor, g: Tensor, b: Tensor) -> Tensor:
    apart = X - X.mean(-1, keepdim=True)
    return g * apart / (apart.square().mean(-1, keepdim=True) + 1e-5).sqrt() + b  # (2)


def gelu(u: Tensor) -> Tensor:
    return u / 2 * (1 + torch.tanh((2 / pi) ** 0.5 * (u + 0.044715 * u**3)))  # (7)


def plain(seen: list[Tensor]) -> Ops:
    """The equations as they stand; `seen` gets A of each layer. FUSED is the same, but faster."""

    def mix(_layer: int, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
        S = Q @ K.mT / Q.shape[-1] ** 0.5  # (B, H, T, T)
        later = S.new_ones(S.shape[-2:], dtype=torch.bool).triu(1)
        A: Tensor = S.masked_fill(later, -torch.inf).softmax(-1)  # (4)
        seen.append(A)
        return A @ V

    return Ops(norm, gelu, mix)


def forward(w: Weights, x: Tensor, ops: Ops = FUSED, at: int = 0) -> Tensor:
    """Scores of what follows each character of x (B, T), whose first stands at place `at`."""
    X: Tensor = embedding(x, w.E) + w.P[at : at + x.shape[1]]  # (1)  (B, T, D)
    for k, b in enumerate(w.blocks):
        QKV = linear(ops.norm(X, b.g_1, b.b_1), b.W_QKV, b.b_QKV)  # (3)
        Z = ops.mix(k, *heads_of(QKV, w.H))  # (B, H, T, d)
        X = X + linear(beside(Z), b.W_O, b.b_O)  # (5)
        U = linear(ops.norm(X, b.g_2, b.b_2), b.W_1, b.c_1)
        X = X + linear(ops.gelu(U), b.W_2, b.c_2)  # (6)
    return scores(ops.norm(X, w.g, w.b), w.E)  # (8)  (B, T, V)


def surprise(gpt: GPT, x: Tensor, y: Tensor) -> Tensor:
    z = forward(gpt.weights, x)
    return (z.logsumexp(-1) - z.gather(-1, y[..., None])[..., 0]).mean()  # (9)


@ml.algorithm(
    ml.Words("written", "What it writes"),
    ml.Heads("A", "Who looks at whom", heads="names", mode="matrices"),
    ml.Line("loss", "validation", title="Loss", note="a batch, and text unseen", hue="error"),
    ml.Bars("p", "What comes next", labels="next", lo=0, hi=1),
    ml.Line("known", title="Words it writes", note="that the text has", lo=0, hi=1),
    step="batch",
    total="steps",
    data=brought,
)
def decoder(
    prompt: ml.Live[str] = "The value of the ",
    tau: ml.Live[Annotated[float, ml.Range(0.1, 3, log=True)]] = 0.8,
    lr: ml.Live[Annotated[float, ml.Log(1e-5, 0.1)]] = 3e-3,
    layer: ml.Live[Annotated[int, ml.Range(0, 11)]] = 1,
    text: Annotated[ml.Text, Book()] = PYDOC,
    file: File = None,
    layers: Annotated[int, ml.Range(1, 12)] = 2,
    heads: Annotated[int, ml.Range(1, 16)] = 4,
    width: Annotated[int, ml.Range(2, 1024)] = 64,
    context: Annotated[int, ml.Range(8, 1024)] = 64,
    batch: Annotated[int, ml.Range(1, 512)] = 16,
    steps: Annotated[int, ml.Range(1, 1_000_000)] = 80,
    every: Annotated[int, ml.Range(1, 10_000)] = 10,
    seed: ml.Seed = 0,
) -> ml.Frames[Step]:
    rng = np.random.default_rng(seed)
    lessons = Lessons(opened(text, file), context, batch, rng)
    sizes = sized(lessons.chars, layers, heads, width, context, batch)
    gpt = GPT(begun(rng, sizes).requires_grad_(), sizes, lessons.chars)
    adam, look = AdamW(gpt.theta), Look(forward, plain, lessons.words, seed)
    best, asked = gpt.copy(), (prompt, tau, layer)
    seen, least = look(best, *asked), surprise(best, *lessons.unseen).item()
    try:
        frame = Step(**seen, loss=None, validation=(validation := least), step=0)
        prompt, tau, lr, layer = yield frame
        for t in range(1, steps + 1):
            x, y = lessons.batch()
            with learning(gpt.theta):
                loss = surprise(gpt, x, y)
                (g,) = torch.autograd.grad(loss, gpt.theta)
            adam.step(gpt.theta, g, lr * schedule(t, steps))
            if due := t % every == 0 or t == steps:
                now = gpt.copy()
                validation = surprise(now, *lessons.unseen).item()
                best, least = (now, validation) if validation < least else (best, least)
            if due or (prompt, tau, layer) != asked:
                asked = prompt, tau, layer
                seen = look(best if t == steps else gpt, *asked)
            frame = Step(**seen, loss=loss.item(), validation=validation, step=t)
            prompt, tau, lr, layer = yield frame
    except GeneratorExit:  # stopped: what has been learned is a result all the same
        now = gpt.copy()
        return ml.Done(now if surprise(now, *lessons.unseen).item() < least else best)
    return ml.Done(best, **answers(look, best, frame, *asked))
