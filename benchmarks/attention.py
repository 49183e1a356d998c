"""Attention of a user's own model: 12 layers x 12 heads, painted; bertviz beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, most, number, spread
from benchmarks.peers import Peers, say
from benchmarks.place import Place
from tests.browser.playing import LOAD, opened
from tests.browser.test_attention import WATCH

TOKENS, PEER_TOKENS = 512, 256  # bertviz takes minutes for 512
MODEL = """
import torch
from transformers import BertConfig, BertModel
torch.manual_seed(0)
bert = BertModel(BertConfig(hidden_size=48, intermediate_size=48, num_attention_heads=12))
"""
SHOW = f'mlwidgets.play("nlp.attention", model=bert, text="the quick brown fox " * {TOKENS // 4})'
PEER = f"""
import json, sys, time
{MODEL}
from bertviz import head_view
bert.set_attn_implementation("eager")
with torch.no_grad():
    ids = torch.arange({PEER_TOKENS})[None]
    start = time.perf_counter()
    A = bert.eval()(ids, output_attentions=True).attentions
    page = head_view(A, ["fox"] * {PEER_TOKENS}, html_action="return").data
print(json.dumps([time.perf_counter() - start, len(page.encode())]))
"""


def attention(place: Place) -> Iterator[Figure]:
    """From the command "run this cell" to the painted heads of a model that exists, 512 tokens.

    A randomly initialised BERT of 12 layers x 12 heads and tiny width, so that the layers of
    attention themselves are what costs. The first player of a new kernel and page each time: its
    forward pass, its twelve frames, and the player's JavaScript are counted. The bytes are all that
    came over the websocket meanwhile. Quality: the share of its canvases that hold ink.
    """
    times, again, sizes, ink = [], [], [], []
    for _ in range(place.times):
        with place.book([LOAD + MODEL, SHOW, SHOW]) as book:
            book.run(0)
            book.tap()
            times.append(book.probe("run", 1, "players", 1))
            sizes.append(sum(len(frame) for frame in book.frames) / 1e6)
            again.append(book.probe("run", 2, "players", 1))
            ink.append(book.probe("ink", 1))
    holding = f"{sum(i for _, i in ink)} of {sum(n for n, _ in ink)}"
    peer = bertviz(place.peers)
    what = f"12 layers x 12 heads x {TOKENS} tokens"
    yield Figure(
        f"{what}: run the cell to first paint, best",
        min(times),
        "ms",
        most(1000),
        peer=peer,
        note=f"{spread(times, 'ms')}; the next player: median {median(again):,.0f} ms;"
        f" {holding} canvases hold ink",
    )
    yield Figure(f"{what}: over the wire until then", max(sizes), "MB", most(20), peer=peer)


def typing(place: Place) -> Iterator[Figure]:
    """From a key in the text field to the heads drawn with the word so far, at the step looked at.

    The words of `nlp.attention`, one letter after another, the next when the last is drawn.
    """
    for text, words in (("the", "of a short one"), ("", "of 18 tokens")):
        given = f" text={text!r}" if text else ""
        with place.book([LOAD, f"run = %ml nlp.attention{given}\nrun"]) as book:
            book.run_all()
            player = opened(book, 1, "Multi-head attention")
            player.scrub(3)
            player.box.evaluate(WATCH)
            player.field("text sentence").focus()
            book.page.keyboard.press("Control+End")
            book.page.keyboard.press("Space")
            for k, letter in enumerate("zebracrossings"):
                book.page.keyboard.press(letter)
                book.page.wait_for_function("(n) => drawn.length > n", arg=k)
            delays = [float(ms) for _, ms in book.page.evaluate("drawn")]
        yield Figure(
            f"a key in the sentence, {words}, to the heads drawn anew, median",
            median(delays),
            "ms",
            most(100),
            note=spread(delays, "ms"),
        )


def bertviz(peers: Peers | None) -> str:
    """What bertviz writes for half as many tokens, and how long that takes; the same torch."""
    if peers is None:
        return ""
    folder = peers.folder / "bertviz"
    if not folder.exists():  # without torch and transformers, which are here
        line = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*line, "--target", str(folder), "bertviz"], check=False)
    where = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", PEER], env=where, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        say(f"bertviz does not run: {last}")
        return f"bertviz: {last[:80]}"
    seconds, size = json.loads(done.stdout.splitlines()[-1])
    said = f"{number(1e3 * seconds)} ms to write {number(size / 1e6)} MB"
    return f"bertviz, {PEER_TOKENS} tokens: {said}"
