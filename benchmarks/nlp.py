"""nlp.bpe beside tokenizers: learning and encoding 7.2 MB of English and source code.

The text is what every Python has: pydoc's topics, then the standard library's sources in the order
of their names. Both sides cut it by GPT-2's pattern and stop at 8192 tokens. The peers use all
cores, as they do by themselves; ours computes on one.
"""

from __future__ import annotations

import json
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any, NamedTuple

from benchmarks.side import Row
from mlwidgets import play
from mlwidgets_nlp.bpe import merged
from mlwidgets_nlp.tokenizer import Tokenizer

SIZE, VOCABULARY = 7_200_000, 8192  # characters; tokens
OTHERS = ("test", "tests", "site-packages", "dist-packages", "idlelib")
UNSEEN = 500_000  # characters at the end that judge a vocabulary; they were learned from, too
NO_BAR = "no bar is set beside this peer."


class Learned(NamedTuple):
    """What a peer has learned: how it encodes, and decodes."""

    encode: Callable[[str], Any]
    decode: Callable[[Any], str] = str


@cache
def corpus() -> str:
    """English and source code, the same on each machine with this Python."""
    parts = ["\n\n".join(topics[name] for name in sorted(topics))]
    size, library = len(parts[0]), Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        if size < SIZE and not set(OTHERS) & set(path.parts):
            parts.append(path.read_bytes().decode("utf-8", "replace"))
            size += len(parts[-1])
    return "\n".join(parts)[:SIZE]


def rows(device: str) -> Iterator[Row]:
    """Learning, then encoding; the device makes no difference to either."""
    text = corpus()
    megabytes = len(text.encode()) / 1e6
    learning: dict[str, Any] = {
        "ours": lambda: ours(text),
        "quality": lambda learned: compression(learned, text),
        "judged": "bytes of a token",
        "within": 0.01,
    }
    what = f"training, {megabytes:.1f} MB, vocabulary {VOCABULARY}"
    yield Row("nlp.bpe", what, "tokenizers", theirs=lambda: tokenizers(text), bar=0.7, **learning)
    for peer, theirs in (("rustbpe", rustbpe), ("sentencepiece", sentencepiece)):
        call = lambda theirs=theirs: theirs(text)  # noqa: E731  one of two
        yield Row("nlp.bpe", what, peer, theirs=call, bar=0, **learning, note=NO_BAR)

    learned = cache(lambda: ours(text))
    encoding: dict[str, Any] = {
        "ours": lambda: encoded(anew(learned()), text),
        "quality": lambda found: found,
        "judged": "bytes of a token, 0 unless decoded exactly",
        "work": megabytes,
        "unit": "MB",
    }
    what = f"encoding {megabytes:.1f} MB, vocabulary {VOCABULARY}"
    yield Row(
        "nlp.bpe",
        what,
        "tokenizers",
        theirs=lambda: encoded(loaded(learned()), text),
        bar=1.0,
        **encoding,
    )
    yield Row(
        "nlp.bpe",
        what,
        "tiktoken",
        theirs=lambda: encoded(tiktoken(learned()), text),
        bar=0,
        **encoding,
        note=NO_BAR,
    )


def ours(text: str) -> Tokenizer:
    """The algorithm in a recording run, from the text to its end."""
    run = play("nlp.bpe", text=text, merges=VOCABULARY - 256).start().wait()
    if run.error:
        raise run.error
    result: Tokenizer = run.result
    return result


def compression(learned: Any, text: str) -> float:
    sample = text[-UNSEEN:]
    return len(sample.encode()) / len(learned.encode(sample))


def encoded(learned: Any, text: str) -> float:
    ids = learned.encode(text)
    exact = learned.decode(ids) == text
    return len(text.encode()) / len(ids) if exact else 0.0


def anew(learned: Tokenizer) -> Tokenizer:
    """The same with nothing remembered."""
    return Tokenizer(learned.tokens, learned.ranks, merged)


# peers ------------------------------------------------------------------------------------------


def tokenizers(text: str) -> Learned:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator([text], trainer)
    return Learned(lambda given: made.encode(given).ids)


def loaded(learned: Tokenizer) -> Learned:
    """tokenizers with our vocabulary and merges."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_str(json.dumps(learned.to_json()))
    return Learned(lambda given: made.encode(given).ids, made.decode)


PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def rustbpe(text: str) -> Learned:
    import rustbpe

    made = rustbpe.Tokenizer()
    made.train_from_iterator([text], VOCABULARY, pattern=PATTERN)
    return Learned(made.encode)


def sentencepiece(text: str) -> Learned:
    """Its own cutting into words: lines, and words in them."""
    import sentencepiece

    with tempfile.TemporaryDirectory() as folder:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(text.split("\n")),
            model_prefix=f"{folder}/made",
            vocab_size=VOCABULARY,
            model_type="bpe",
            byte_fallback=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            split_by_unicode_script=False,
            split_by_number=False,
            add_dummy_prefix=False,
            character_coverage=1.0,
            minloglevel=2,
        )
        made = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/made.model")
    return Learned(lambda given: [i for line in given.split("\n") for i in [*made.encode(line), 0]])


def tiktoken(learned: Tokenizer) -> Learned:
    """tiktoken with our vocabulary; it knows merges by the token they make."""
    from tiktoken import Encoding

    ranks = {token: i for i, token in enumerate(learned.tokens)}
    made = Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    return Learned(made.encode_ordinary, made.decode)
