"""Byte pair encoding: merges, what is undone, lines that are encoded, and texts of every kind."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import pre_tokenizers

import mlwidgets
import mlwidgets_nlp.pairs as kept
from mlwidgets.errors import ParamError
from mlwidgets.info import info_of
from mlwidgets.run import Run
from mlwidgets_nlp.bpe import Learner, merged
from mlwidgets_nlp.bytelevel import BYTES, ID, decoded, encoded, pieces, read, shown, spelled
from mlwidgets_nlp.corpus import ENGLISH, SHOWN
from mlwidgets_nlp.pairs import Pairs
from mlwidgets_nlp.references_bpe import by_hand, loaded, trainer
from mlwidgets_nlp.tokenizer import merged_long
from tests.shell import shell

TEXT = "low low low low low lower lower newest newest newest newest newest newest widest widest"


def done(**params: Any) -> Run:
    return mlwidgets.play("nlp.bpe", **params).start().wait()


def learner(text: str, size: int, least: int = 1, undone: str = "") -> Learner:
    made = Learner(Counter(pieces(text)), undone)
    while len(made.tokens) < size and made.learn(least):
        pass
    return made


def named(made: Learner) -> list[list[str]]:
    words = [*map(spelled, made.tokens)]
    return [[words[a], words[b]] for a, b in made.ranks]


# learning ---------------------------------------------------------------------------------------


def test_the_papers_words_are_merged_as_in_the_paper() -> None:
    run = done(text=TEXT, merges=5, least=1)
    assert run.trace["pair"].tolist() == ["", "e s", "es t", "l o", "lo w", "e w"]
    assert run.trace["n"].tolist() == [0, 8, 8, 7, 7, 6]
    assert run.trace["merge"].tolist() == [0, 1, 2, 3, 4, 5]


def test_what_is_kept_of_the_pairs_is_what_counting_anew_finds() -> None:
    made = learner(ENGLISH, 400)
    assert by_hand(ENGLISH, 144) == [*made.ranks]


@pytest.mark.parametrize("letters", ["a", "ab", "= ", "aab\n", "-_=*# "])
def test_letters_again_and_again_are_merged_as_by_tokenizers(letters: str) -> None:
    """Bytes between the ends of a token have always been merged alike: no token comes twice."""
    rng = np.random.default_rng(len(letters))
    runs = (letters[int(rng.integers(len(letters)))] * int(rng.integers(1, 40)) for _ in range(300))
    text = " ".join(runs)
    for least in (1, 2, 9):
        made = learner(text, 340, least)
        assert len(set(made.tokens)) == len(made.tokens)
        assert named(made) == trainer(text, len(made.tokens), least)


def test_pairs_out_of_sight_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are kept in sight: the merges are those of tokenizers to the last."""
    monkeypatch.setattr(kept, "SIGHT", 40)
    at_first = Learner(Counter(pieces(ENGLISH))).pairs
    assert len(at_first.places) < 100
    assert at_first.least > 99
    made = learner(ENGLISH, 1_400, 3)
    assert made.pairs.least < 9
    assert named(made) == trainer(ENGLISH, 1_400, 3)


def test_the_run_shows_the_curve_of_compression_and_the_pairs_of_that_moment() -> None:
    run = done(text=TEXT, merges=8, least=1)
    for k in range(len(run.trace)):
        made = learner(TEXT, 256 + k)
        ids = made.tokenizer.encode(TEXT)
        assert run.trace["rho"][k] == len(TEXT) / len(ids)
        assert run.trace["start"][k] == " ".join(spelled(made.tokens[i]) for i in ids)
        counts = counted(made)
        assert run.trace["counts"][k].tolist() == [n for _, n in counts][:12]
        assert list(run.trace["pairs"][k]) == [pair for pair, _ in counts][:12]


def counted(made: Learner) -> list[tuple[str, int]]:
    """The pairs in the text as it is now, the commonest first."""
    found = Counter[tuple[int, int]]()
    for piece in pieces(TEXT):
        found.update(pairwise(made.tokenizer.encode(piece)))
    order = sorted(found, key=lambda pair: (-found[pair], pair))
    words = [*map(spelled, made.tokens)]
    return [(f"{words[a]} {words[b]}", found[a, b]) for a, b in order]


def test_frames_grow_rarer_but_each_merge_can_be_seen() -> None:
    grown = done(text=ENGLISH, merges=300)
    each = done(text=ENGLISH, merges=300, stride=1)
    assert len(each.trace) == 301
    assert np.diff(grown.trace["merge"]).tolist()[:64] == [1] * 64
    assert len(grown.trace) < 170
    assert grown.trace["merge"][-1] == 300
    assert each.trace["start"][-1] == grown.trace["start"][-1]


# undoing ----------------------------------------------------------------------------------------


def test_a_merge_undone_while_it_learns_is_as_if_it_had_never_been() -> None:
    run = mlwidgets.play("nlp.bpe", text=TEXT, merges=9, least=1)
    run.step(3).set(undone="e s").step()
    assert run.trace["lost"][-1].split() == ["es"]
    assert run.trace["gained"][-1].split() == ["st"]
    run.start().wait()
    never = done(text=TEXT, merges=9, least=1, undone="e s")
    assert run.result.tokens == never.result.tokens
    assert "e s" not in run.trace["pair"].tolist()[4:]
    assert run.trace["free"][-1] == done(text=TEXT, merges=9, least=1).trace["rho"][-1]


def test_undone_after_the_end_is_answered_and_allowed_again() -> None:
    run = done(text=ENGLISH, merges=200)
    before = run.trace.row(-1)
    run.set(undone="Ġthe")
    after = run.trace.row(-1)
    assert "Ġthe" in after["lost"].split()
    assert after["gained"]
    assert after["rho"] < after["free"] == before["rho"]
    never = done(text=ENGLISH, merges=200, undone="Ġthe").trace.row(-1)
    assert {k: v for k, v in after.items() if k in ("rho", "start", "lost", "gained")} == {
        k: never[k] for k in ("rho", "start", "lost", "gained")
    }
    run.set(undone="")
    assert run.trace.row(-1)["start"] == before["start"]
    assert run.trace.row(-1)["lost"] == ""


def test_a_merge_that_is_undone_leaves_the_token_to_another_merge() -> None:
    first = next(pair for pair in done(text=ENGLISH).trace["pair"] if pair == "h e")
    run = done(text=ENGLISH, undone=first)
    assert first not in run.trace["pair"].tolist()
    assert b" the" in run.result.tokens
    assert done(text=ENGLISH, undone="Ġthe").result.tokens.count(b" the") == 0


@pytest.mark.parametrize(
    ("undone", "said"),
    [
        ("a b c", "must have one or two tokens a line, Ġ for a blank: aĠbĠc?"),
        ("東 x", "has '東', which is no byte: merges.txt writes it æĿ±"),
        (7, "must be merges, one a line as in merges.txt, such as Ġt he, or tokens, such as Ġthe"),
        (["x" * k for k in range(1, 300)], "must be at most 200 merges, are 299"),
    ],
)
def test_what_is_no_merge_is_refused(undone: Any, said: str) -> None:
    assert said in refused(undone=undone)


# encoding ---------------------------------------------------------------------------------------


def test_a_line_is_encoded_while_it_learns_and_after() -> None:
    run = mlwidgets.play("nlp.bpe", text=TEXT, merges=9, least=1, line="lowest")
    assert run.trace["encoded"][0] == "l o w e s t"
    run.step(2).set(line="low low").step()
    assert run.trace["encoded"][-1] == "lo w Ġ lo w"
    run.start().wait().set(line="newest")
    assert run.trace["encoded"][-1] == " ".join(
        spelled(run.result.tokens[i]) for i in run.result.encode("newest")
    )
    assert run.trace["ids"][-1].tolist() == run.result.encode("newest")


def test_stopped_by_hand_it_has_what_it_has_learned() -> None:
    run = mlwidgets.play("nlp.bpe", text=TEXT, merges=9, least=1).step(2).stop()
    assert run.status == "stopped"
    assert run.result.tokens[256:] == [b"es", b"est"]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=200))
def test_every_text_comes_back_exactly(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert LEARNED.decode(LEARNED.encode(text)) == text


LEARNED = learner(ENGLISH + "🦊🐶 東京 𝄞", 600).tokenizer
UNCUT = pre_tokenizers.ByteLevel(add_prefix_space=False)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs", "Cn", "Co")), max_size=80))
def test_text_is_cut_as_tokenizers_cuts_it(text: str) -> None:
    theirs = [piece for piece, _ in UNCUT.pre_tokenize_str(text)]
    assert [spelled(encoded(piece)) for piece in pieces(text)] == theirs


@pytest.mark.parametrize(
    "text", ["½²Ⅷ 3½", "it's I'LL", "a\x1cb \x85 c", "　x", "٣٤ ๕", "a_b __ _", "x\u200by", "一二3"]
)
def test_numbers_blanks_and_marks_of_every_kind_are_cut_alike(text: str) -> None:
    theirs = [piece for piece, _ in UNCUT.pre_tokenize_str(text)]
    assert [spelled(encoded(piece)) for piece in pieces(text)] == theirs


def test_a_long_word_is_merged_as_a_short_one() -> None:
    rng = np.random.default_rng(0)
    for letters in ("ab", "aaab", "the quick"):
        word = encoded("".join(rng.choice([*letters], 400)))
        made = learner(" ".join(word.decode()[k : k + 40] for k in range(0, 400, 40)), 330)
        ids = [*word.translate(ID)]
        assert merged_long([*ids], made.ranks) == merged([*ids], made.ranks)


@pytest.mark.parametrize("wrong", [-1, len(LEARNED), 1.5, "x", None, 10**30])
def test_what_is_no_id_is_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"in \[0, {len(LEARNED) - 1}\], has {wrong!r}"):
        LEARNED.decode([70, wrong])
    assert LEARNED.decode(iter([70, 71])) == LEARNED.decode(np.array([70, 71])) != ""


@pytest.mark.parametrize("wrong", [5, None, b"the"])
def test_what_is_no_text_is_not_encoded(wrong: Any) -> None:
    with pytest.raises(TypeError, match="must be a text, is "):
        LEARNED.encode(wrong)


def test_tokenizers_reads_what_was_learned() -> None:
    theirs = loaded(LEARNED)
    for text in ("", " ", "Naming and binding 🦊", "東京\n\n\tx", ENGLISH[:3_000]):
        assert theirs.encode(text).ids == LEARNED.encode(text)
    assert json.loads(json.dumps(LEARNED.to_json()))["model"]["merges"][0] == ["Ġ", "t"]


def test_the_alphabet_is_that_of_gpt_2() -> None:
    assert sorted(map(spelled, (bytes([b]) for b in range(256)))) == sorted(UNCUT.alphabet())
    assert all(read(spelled(bytes([b]))) == bytes([b]) for b in range(256))
    assert [spelled(bytes([b])) for b in BYTES] == sorted(UNCUT.alphabet())


# texts of the user's own ------------------------------------------------------------------------


def refused(**params: Any) -> str:
    with pytest.raises(ParamError) as caught:
        mlwidgets.play("nlp.bpe", **params)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


def test_a_file_is_read_and_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "low.txt"
    path.write_text(TEXT, "utf-8")
    run = done(file=path, merges=5, least=1)
    assert run.trace["pair"].tolist()[1] == "e s"
    assert f"file={path.as_posix()}" in run.line
    assert run.trace.hash == done(text=TEXT, merges=5, least=1).trace.hash
    assert done(file=str(path), merges=5, least=1).trace.hash == run.trace.hash
    path.write_bytes(b"ab\xff\xfe")
    assert "must be text in UTF-8, has the byte 0xff at 2; save it as UTF-8" in refused(file=path)
    path.write_bytes(b"")
    assert "must have 1 to 32,000,000 bytes, has 0" in refused(file=path)
    assert "is a folder, must be a file" in refused(file=tmp_path)
    assert "cannot be read: No such file" in refused(file=tmp_path / "no.txt")
    assert "must be the path of a file" in refused(file=3)
    assert "a file is given by file=" in refused(text=path)


def test_the_body_of_a_cell_is_the_text() -> None:
    with shell() as ip:
        run = ip.run(f"%%ml nlp.bpe merges=3 least=1\n{TEXT}\n")
        assert run.params["text"].strip() == TEXT
        assert run.params["line"] != TEXT
        undone = ip.run("%ml nlp.bpe undone='Ġt he\\nĠa n' merges=9")
        assert undone.params["undone"].splitlines() == ["Ġt he", "Ġa n"]


def test_an_empty_text_is_refused_and_one_letter_has_nothing_to_merge() -> None:
    assert refused(text="") == "text='': must have at least one character"
    run = done(text="a")
    assert (run.status, len(run.trace)) == ("done", 1)
    assert run.result.encode("a") == [BYTES.index(b"a")]


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x01\x7f\x00\x01",
        "🦊🦊👩‍👩‍👧🦊🦊👩‍👩‍👧",
        "\u202eשלום\u202c שלום مرحبا مرحبا",
        "\ud800\udc00 \udfff\udfff\ud800",
        "e\u0301e\u0301 Å Å",
        " \n\t\u3000\u2028 \n",
        "<script>alert(1)</script>" * 9,
    ],
)
def test_hostile_texts_are_learned_and_come_back(text: str) -> None:
    run = done(text=text, line=text, least=1, merges=60)
    assert run.status == "done", run.error
    assert run.result.decode(run.result.encode(text)) == text
    assert decoded(b"".join(read(word) for word in run.trace["encoded"][-1].split(" "))) == text
    json.dumps(info_of(run))
    run.summary().encode()


def test_every_token_can_be_looked_at() -> None:
    assert shown(b" the") == "␣the"
    assert shown("é".encode()) == "é"
    assert shown("é".encode()[:1]) == "⟨c3⟩"
    assert shown(b"\x00\n\t") == "␀⏎⇥"
    assert shown("\u202e".encode()) == "⟨U+202E⟩"


def test_a_megabyte_without_a_blank_stays_usable() -> None:
    rng = np.random.default_rng(0)
    text = "".join(rng.choice([*"ACGT"], 1_000_000))
    run = done(text=text, merges=15)
    assert run.status == "done"
    assert run.trace["rho"][-1] > 1.8
    assert max(map(len, run.trace["start"])) < 5_000
    assert run.trace["start"][-1].endswith(" …"), "there is more of it than is shown"
    assert run.result.decode(run.result.encode(text[:50_000])) == text[:50_000]


def test_tokens_that_grow_without_end_are_shown_by_their_beginning(tmp_path: Path) -> None:
    text = "a" * 500_000
    run = done(text=text, line="a" * 2_000, merges=25)
    assert max(map(len, run.result.tokens)) > 100_000
    assert run.trace.nbytes / len(run.trace) < 8_000
    run.picture(tmp_path / "a.svg")
    assert run.result.decode(run.result.encode(text[:9_999])) == text[:9_999]


def test_a_long_text_sends_the_page_its_beginning_alone() -> None:
    text = ENGLISH * 40
    run = mlwidgets.play("nlp.bpe", text=text)
    shown = run.algorithm.spec["text"].to_json(run.params["text"])
    assert len(shown) < SHOWN + 100
    assert shown.endswith("more characters, not shown")
    assert run.algorithm.spec["text"].check(shown) == text[:SHOWN]
    assert "text=$text" in run.line
    assert len(run.line) < 200
    assert len(json.dumps(info_of(run))) < 60_000


def test_eight_megabytes_are_learned_with_frames_of_a_few_kilobytes() -> None:
    text = "\n".join(f"{ENGLISH} {k}" for k in range(8_000_000 // len(ENGLISH)))
    run = mlwidgets.play("nlp.bpe", text=text, merges=20).start().wait()
    assert run.trace["rho"][-1] > 1.2
    assert run.trace.nbytes / len(run.trace) < 8_000


def test_a_word_is_kept_once_however_often_it_occurs() -> None:
    once, often = (Pairs(Counter(pieces(ENGLISH * n))) for n in (1, 20))
    assert once.bytes * 20 == often.bytes
    assert len(once.ids) <= len(often.ids) < 1.02 * len(once.ids)
