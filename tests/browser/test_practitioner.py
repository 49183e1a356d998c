"""The practitioner's story: her own loop, a fault in one batch, found and mended."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.lab import Lab, wait_until
from tests.browser.playing import LOAD, opened, settled

SETUP = """import torch
from torch import nn
torch.manual_seed(0)
torch.set_num_threads(1)
x = torch.rand(320, 4) + 0.01
y = (x.log().sum(1, keepdim=True) > -3).float()
x[37 * 8 + 3, 2] = 0.0                    # a sensor that failed once
batches = [(x[k:k + 8], y[k:k + 8]) for k in range(0, 320, 8)]

class Net(nn.Module):
    def __init__(self, floor=0.0):
        super().__init__()
        self.floor = floor
        self.hidden = nn.Linear(4, 16)
        self.out = nn.Linear(16, 1)
    def forward(self, x):
        h = self.hidden(x.clamp(min=self.floor).log())
        return self.out(h.relu())

def begin(floor=0.0):
    torch.manual_seed(1)
    model = Net(floor)
    return model, torch.optim.Adam(model.parameters(), lr=0.01)"""
LOOP = """model, opt = begin()
for epoch in range(3):
    for xb, yb in batches:
        out = model(xb)
        loss = nn.functional.binary_cross_entropy_with_logits(out, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    acc = ((model(x) > 0) == y).float().mean()
    print(f"epoch {epoch}: loss {loss:.3f}")"""
RECORDED = "%%ml record loss acc watch=$model -o "


def test_a_practitioner_finds_the_batch_that_breaks_her_loop(lab: Lab) -> None:
    detached = f"{RECORDED}run --detach\n{LOOP}".replace("range(3)", "range(10**6)")
    mended = f"{RECORDED}mended\n{LOOP}".replace("begin()", "begin(floor=1e-3)")
    book = lab.open(
        [
            f"{LOAD}\n{SETUP}",
            LOOP,
            detached,
            "print(loss, out.shape, model.hidden.weight[0])",
            "print(run.finding)\nbad, _ = run.finding.given\nprint((bad == 0).nonzero())",
            "_ = run.finding.again()\nprint(loss, torch.isfinite(model.hidden.weight).all())",
            mended,
            "mlwidgets.compare(run, mended)",
        ]
    )
    book.run(0)

    # her loop as it is: something goes wrong in the first epoch, and nobody says where
    book.run(1)
    expect(book.output(1)).to_contain_text("epoch 0: loss nan")

    # the same cell below one line; it runs in the background, and the player names the place
    book.run(2)
    player = opened(book, 2, "Recording of loss, acc")
    told = "hidden (Linear), forward, pass 37, batch 37 (in its input already)"
    expect(player.box).to_contain_text(told)
    expect(book.output(2)).to_contain_text(f"record: first non-finite value: {told}")
    player.pause()
    wait_until(lambda: book.eval("run.status") == "paused", "the loop holds")
    book.screenshot("practitioner-1-told")

    # the next cell looks at what the loop has in its hands
    book.run(3)
    expect(book.output(3)).to_contain_text("tensor(nan")
    player.scrub(36)
    expect(player.view("loss")).to_be_visible()
    book.screenshot("practitioner-2-the-pass-before")

    # the batch that did it, kept as it was, and its pass once more
    book.run(4)
    expect(book.output(4)).to_contain_text("pass 37, batch 37")
    expect(book.output(4)).to_contain_text("tensor([[3, 2]])")
    book.run(5)
    expect(book.output(5)).to_contain_text("tensor(nan")
    book.exec("run.stop()")
    assert book.eval("run.status") == "stopped"

    # mended: the same line above the mended cell, and nothing is found
    book.run(6)
    mend = opened(book, 6, "Recording of loss, acc")
    settled(book, mend, "mended")
    assert book.eval("mended.finding") == "None"
    assert book.eval("(mended.status, len(mended.trace))") == "('done', 120)"
    assert book.eval("bool(mended.trace['loss'][-40:].mean() < mended.trace['loss'][:40].mean())")
    book.screenshot("practitioner-3-mended")

    # the two runs beside each other: they part at the pass that broke the first one
    book.run(7)
    both = opened(book, 7, "Recording of loss, acc")
    expect(both.box.get_by_text("parts at frame 37 in loss")).to_be_visible()
    both.button("go to frame 37").click()
    both.at(37)
    book.screenshot("practitioner-4-compared")
