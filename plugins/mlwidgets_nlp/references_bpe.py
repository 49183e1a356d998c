"""What byte pair encoding is checked against: the trainer and the model of tokenizers.

The loop of the textbook is here too: it counts all pairs anew for each merge, and must find what
the kept counts of pairs.py find.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from mlwidgets import Reference, UncheckedError

from .bpe import bpe
from .bytelevel import BYTES, ID, encoded, pieces, spelled
from .corpus import corpus
from .tokenizer import Tokenizer as Learned
from .tokenizer import merged_long

MERGES = "merges of BpeTrainer"
BY_HAND = "merges, all pairs counted anew for each"
TEXT, LINE = "ids of the text", "ids of the line"
BACK = "text decoded from the ids"
LONG = "ids of the line as one word"
FEW = 60  # merges of the textbook's loop
MOST = 200_000  # characters that it counts again and again
SCRIPTS = ["ab", "abc ", "the cat on ", "éßÅñ ", "東京大阪 ", "🦊🐶👩 ", "مرحبا "]
SCRIPTS += ["0½²Ⅷ x", "=-_* a"]
READ = 100_000  # characters that are encoded by both


def inputs(params: dict[str, Any]) -> dict[str, Any]:
    """The text, cut where it is long, and what the run learns of it."""
    text = corpus(params["text"], params["file"])
    if params["undone"]:
        raise UncheckedError("merges are undone, which tokenizers does not know; without, it is")
    for given in (text, params["line"]):
        try:
            given.encode()
        except UnicodeEncodeError:
            raise UncheckedError("half of a surrogate pair, which tokenizers refuses") from None
    return {"params": params, "text": text, "learned": result(params)}


def result(params: dict[str, Any]) -> Learned:
    """What a run with these parameters returns."""
    frames = bpe(**params | {"stride": 100})
    while True:
        try:
            next(frames)
        except StopIteration as end:
            learned: Learned = end.value
            return learned


def ours(given: dict[str, Any]) -> dict[str, Any]:
    """Merges as pairs of numbers, ids of the text and the line."""
    learned, text, params = given["learned"], given["text"], given["params"]
    line = params["line"]
    found = {
        MERGES: np.array([*learned.ranks]).reshape(-1),
        TEXT: np.array(learned.encode(text[:READ])),
        LINE: np.array(learned.encode(line)),
        BACK: codes(learned.decode(learned.encode(text[:READ]))),
        LONG: np.array(merged_long([*encoded(line).translate(ID)], learned.ranks)),
    }
    if len(text) <= MOST:
        found[BY_HAND] = found[MERGES][: 2 * FEW]
    return {name: value for name, value in found.items() if len(value)}


def theirs(given: dict[str, Any]) -> dict[str, Any]:
    """The same by tokenizers; the first merges by the textbook."""
    learned, text, params = given["learned"], given["text"], given["params"]
    line = params["line"]
    trained, own = trainer(text, len(learned), params["least"]), loaded(learned)
    ids, merges = numbers(), []
    for a, b in trained:
        ids.setdefault(a + b, len(ids))
        merges.append((ids[a], ids[b]))
    found = {
        MERGES: np.array(merges).reshape(-1),
        TEXT: np.array(own.encode(text[:READ]).ids),
        LINE: np.array(own.encode(line).ids),
        BACK: codes(text[:READ]),
        LONG: np.array([token.id for token in own.model.tokenize(spelled(encoded(line)))]),
    }
    if len(text) <= MOST:
        found[BY_HAND] = np.array(by_hand(text, min(FEW, len(merges)))).reshape(-1)
    return {name: value for name, value in found.items() if len(value)}


def codes(text: str) -> Any:
    """Its characters as numbers."""
    return np.array([*map(ord, text)])


def trainer(text: str, size: int, least: int) -> list[list[str]]:
    """The merges that BpeTrainer makes of the text."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.train_from_iterator(
        [text],
        trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=least,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    found: list[list[str]] = json.loads(made.to_str())["model"]["merges"]
    return found


def loaded(learned: Learned) -> Tokenizer:
    """The tokenizer of tokenizers with our vocabulary and merges."""
    return Tokenizer.from_str(json.dumps(learned.to_json()))


def numbers() -> dict[str, int]:
    """The ids of the bytes; those of tokens follow in the order in which they are made."""
    return {spelled(bytes([b])): i for i, b in enumerate(BYTES)}


def by_hand(text: str, most: int) -> list[tuple[int, int]]:
    """The first merges as the paper's listing finds them."""
    words = {tuple(encoded(w).translate(ID)): c for w, c in Counter(pieces(text)).items()}
    ids, found = numbers(), []
    for _ in range(most):
        counts = Counter[tuple[int, int]]()
        for word, c in words.items():
            for pair in pairwise(word):
                counts[pair] += c
        a, b = best = min(counts, key=lambda pair: (-counts[pair], pair))
        found.append(best)
        names = [*ids]
        ab = ids.setdefault(names[a] + names[b], len(ids))
        words = {replaced(word, a, b, ab): c for word, c in words.items()}
    return found


def replaced(word: tuple[int, ...], a: int, b: int, ab: int) -> tuple[int, ...]:
    """The word with ab wherever a stood before b."""
    made: list[int] = []
    for i in word:
        if made and made[-1] == a and i == b:
            made[-1] = ab
        else:
            made.append(i)
    return tuple(made)


def drawn(rng: np.random.Generator, k: int) -> dict[str, Any]:
    """Texts of 1 to 400 words of few letters, of many scripts, of one letter again and again."""
    letters = SCRIPTS[k % len(SCRIPTS)]
    n = int(rng.integers(1, 2_000))
    text = "".join(rng.choice([*letters, " ", "\n"][: len(letters) + k % 3], n))
    return {
        "text": text + "é" * (k % 5),
        "file": None,
        "line": "".join(rng.choice([*letters, *" it's\t\0x"], int(rng.integers(1, 60)))),
        "merges": int(rng.integers(1, 300)),
        "least": int(rng.integers(1, 5)),
        "undone": "",
        "stride": 0,
    }


EQUAL = (MERGES, BY_HAND, TEXT, LINE, BACK, LONG)
tokenized = Reference(
    "tokenizers.trainers.BpeTrainer and tokenizers.models.BPE",
    tolerance=dict.fromkeys(EQUAL, 0.0),
    inputs=inputs,
    ours=ours,
    theirs=theirs,
    random=drawn,
    needs=("tokenizers",),
)
