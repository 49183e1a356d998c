"""What watching costs a training run, and how well and how fast it learns: `vision.cnn_digits`.

    python -m benchmarks.digits [--times 5] [--json FILE]

Everything runs on one of torch's threads: threads that wait for each other spend time, too. A run
is charged what its own thread spends, beside the same generator in a plain loop, in turns. How fast
it learns is put beside the loop that one would write of torch's layers.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from benchmarks.figures import Figure, heading, least, load, machine, most, spread, table
from mlwidgets import Algorithm, Frames, play
from mlwidgets.trace import Trace
from mlwidgets_vision.cnn_digits import cnn_digits
from mlwidgets_vision.digits import digits

GOOD = 0.98
SEEDS = range(5)
Taken = tuple[float, float]
"""Seconds of processor time, and the accuracy on the test digits that they bought."""


spent: list[float] = []


@wraps(cnn_digits.fn)
def clocked(**given: Any) -> Frames[Any]:
    """The generator, with the processor time of its thread from its first line to its last.

    What is done with the frames, in the same thread between two of them, is in it.
    """
    start = time.thread_time()
    yield from cnn_digits.fn(**given)
    spent.append(time.thread_time() - start)


timed: Algorithm[..., Any] = Algorithm(clocked)


def plain_loop() -> Taken:
    accuracy = 0.0
    for frame in timed():
        accuracy = frame["accuracy"]
    return spent[-1], accuracy


def recorded() -> Taken:
    run = play(timed, device="cpu").wait().close()
    return spent[-1], float(run.trace["accuracy"][-1])


def charged() -> float:
    """Processor time in the recorder, beside the rest of the same run: free of other noise."""
    trace, spent, start = Trace(), 0.0, time.thread_time()
    for number, frame in enumerate(cnn_digits()):
        before = time.thread_time()
        if number == 0:
            trace.open(frame, cnn_digits.frame_hint)
        trace.add(frame, number)
        spent += time.thread_time() - before
    return spent / (time.thread_time() - start - spent)


def of_torch(seed: int) -> float:
    """What one would write: the same network of torch's layers, with its optimiser, to 98%."""
    torch.manual_seed(seed)
    x, y = digits(None)
    test = torch.arange(len(x)) % 5 == 4
    first, second = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
    halves = [nn.ReLU(), nn.MaxPool2d(2)]
    net = nn.Sequential(first, *halves, second, *halves, nn.Flatten(), nn.Linear(128, 10))
    rate = cnn_digits.spec["lr"].default
    optimiser, loss = torch.optim.Adam(net.parameters(), rate), nn.CrossEntropyLoss()
    train_x, train_y = x[~test], y[~test]
    for _ in range(50):
        order = torch.randperm(len(train_x))
        for chosen in torch.split(order, cnn_digits.spec["batch"].default):
            optimiser.zero_grad()
            loss(net(train_x[chosen]), train_y[chosen]).backward()
            optimiser.step()
        with torch.no_grad():
            accuracy = float((net(x[test]).argmax(1) == y[test]).float().mean())
        if accuracy >= GOOD:
            break
    return accuracy


def recorded_to(seed: int) -> float:
    """A run, recorded, to the same."""
    run = play(cnn_digits, seed=seed, epochs=50, device="cpu")
    while run.trace["accuracy"][-1] < GOOD:
        run.step(unit="epoch")
    return float(run.close().trace["accuracy"][-1])


def seconds(learn: Callable[[int], float]) -> float:
    """Processor time of this process for all seeds."""
    start = time.process_time()
    for seed in SEEDS:
        learn(seed)
    return time.process_time() - start


def watching(times: int) -> Iterator[Figure]:
    """What recording costs."""
    shares = [100 * charged() for _ in range(times)]
    yield Figure(
        "recording, of the run's processor time, median",
        median(shares),
        "%",
        most(3),
        note=f"{spread(shares, '%')} runs",
    )
    pairs = [(plain_loop(), recorded()) for _ in range(times)]
    costs = [100 * (run[0] / loop[0] - 1) for loop, run in pairs]
    loops, runs = ([taken for taken, _ in side] for side in zip(*pairs, strict=True))
    (_, by_loop), (_, by_run) = pairs[-1]
    yield Figure(
        "a whole run beside the plain loop, processor time of its thread, median",
        median(costs),
        "%",
        most(3),
        peer=f"{median(loops):.2f} s",
        note=f"{spread(costs, '%')} pairs; loop {spread(loops, 's')}; run {spread(runs, 's')};"
        f" accuracy {100 * by_loop:.2f} % and {100 * by_run:.2f} %; load average {load()}",
    )


def learning(times: int) -> Iterator[Figure]:
    """How fast and how well."""
    pairs = [(seconds(of_torch), seconds(recorded_to)) for _ in range(times)]
    theirs, ours = zip(*pairs, strict=True)
    yield Figure(
        f"to 98 % of the test digits, {len(SEEDS)} seeds, as fast as torch's layers, median",
        median(a / b for a, b in pairs),
        "x",
        least(1),
        peer=f"{median(theirs):.2f} s",
        note=f"torch {spread(theirs, 's')}; ours, recorded, {spread(ours, 's')};"
        f" load average {load()}",
    )
    start = time.perf_counter()
    run = play(cnn_digits, device="cpu").wait()
    took = time.perf_counter() - start
    kept = f"{len(run.trace)} frames kept, {run.trace.nbytes / 2**20:.1f} MB"
    yield Figure("the run, on the clock", took, "s", most(60), note=kept)
    accuracy = float(run.trace["accuracy"][-1])
    yield Figure("accuracy on digits it was not trained on", 100 * accuracy, "%", least(98))


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.digits", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--times", type=int, default=5, help="takes of each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args()
    torch.set_num_threads(1)
    recorded()  # imports, and torch's first use of everything
    measured = [("digits", figure) for part in (watching, learning) for figure in part(given.times)]
    facts = machine() | {"torch": torch.__version__, "threads": str(torch.get_num_threads())}
    print(f"{heading(facts)}\n\n{table(measured)}")
    if given.json:
        rows = [figure.to_json(row) for row, figure in measured]
        given.json.write_text(json.dumps({"machine": facts, "figures": rows}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
