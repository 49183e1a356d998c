"""nlp.decoder beside transformers' GPT-2: the same batches, the same AdamW, in tokens a second.

Both begin with the same weights and are given the same windows of the text of `pydoc`. Ours is the
algorithm in a recording run, with its looks and its validation; the peer is the plainest
loop around GPT2LMHeadModel. Both are judged by transformers on text that neither has learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch

from benchmarks.side import Row
from mlwidgets import Run
from mlwidgets_nlp.books import opened
from mlwidgets_nlp.decoder import decoder
from mlwidgets_nlp.gpt import BETA_1, BETA_2, EPSILON, GPT, LAMBDA, begun
from mlwidgets_nlp.lessons import Lessons, schedule, sized
from mlwidgets_nlp.references_decoder import library, pairs

STEPS, EVERY, LR = 50, 50, 1e-3
SHAPE = {"layers": 4, "heads": 4, "width": 128, "context": 64}


def rows(device: str) -> Iterator[Row]:
    """Of the issue's table: 4 layers x 4 heads x 128 features, context 64, 32 windows a batch."""
    yield Row(
        "nlp.decoder",
        "training, 4 layers x 4 heads x 128, context 64, batch 32",
        "transformers GPT2LMHeadModel",
        ours=lambda: ours(device),
        theirs=lambda: theirs(device),
        bar=1.6,
        quality=lambda gpt: unseen_loss(gpt, device),
        judged="loss of unseen text",
        better="lower",
        within=0.01,
        work=STEPS * 32 * 64,
        unit="tokens",
        note=f"{STEPS} batches from the same weights; ours in a recording run that looks once in"
        f" {EVERY}, as in the notebook; its products are of 16 bits where the processor has them.",
    )


def ours(device: str) -> GPT:
    run = Run(
        decoder, {"steps": STEPS, "every": EVERY, "batch": 32, "lr": LR, **SHAPE}, device=device
    ).wait()
    result: GPT = run.result
    return result


def lessons_of(device: str) -> tuple[Lessons, GPT]:
    """The text, cut as ours cuts it, and the weights that ours begins with."""
    rng = np.random.default_rng(0)
    lessons = Lessons(opened("pydoc", None), 64, 32, rng)
    sizes = sized(lessons.chars, *SHAPE.values())
    return lessons, GPT(begun(rng, sizes), sizes, lessons.chars)


def theirs(device: str) -> GPT:
    with torch.device(device):
        lessons, gpt = lessons_of(device)
        model: Any = library(gpt).train()
        adam = torch.optim.AdamW(
            model.parameters(), LR, (BETA_1, BETA_2), eps=EPSILON, weight_decay=LAMBDA
        )
        for t in range(1, STEPS + 1):
            x, y = lessons.batch()
            for group in adam.param_groups:
                group["lr"] = LR * schedule(t, STEPS)
            z = model(x).logits
            loss = torch.nn.functional.cross_entropy(z.flatten(0, 1), y.flatten())
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch gives it no types
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            adam.step()
            loss.item()
        parts = [w.T if turned else w for _, (w, turned) in pairs(model, gpt)]
        return gpt._replace(theta=torch.cat([part.detach().flatten() for part in parts]))


def unseen_loss(gpt: GPT, device: str) -> float:
    """In nats a character, by the library's model."""
    with torch.device(device) if device != "cpu" else nullcontext(), torch.no_grad():
        x, y = lessons_of(device)[0].unseen
        z = library(gpt)(x).logits
        return float(torch.nn.functional.cross_entropy(z.flatten(0, 1), y.flatten()))
