"""What watching costs a training run, and how well and how fast it learns: `vision.cnn_digits`.

    python -m benchmarks.digits [--times 5] [--json FILE]

The recorder is charged what it takes inside a run; a whole run is also put beside the bare
generator, in turns, by processor time and the best of each. That second figure is only as good as
the machine is quiet: on a busy one, run it with OMP_NUM_THREADS=1, since threads that wait for each
other spend time too.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import torch

from benchmarks.figures import Figure, heading, least, machine, most, spread, table
from mlwidgets import play
from mlwidgets.trace import Trace
from mlwidgets_vision.cnn_digits import cnn_digits


def seconds(work: Callable[[], object]) -> float:
    """Processor time, of all threads of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def bare() -> None:
    for _ in cnn_digits():
        pass


def recorded() -> None:
    play(cnn_digits, device="cpu").wait().close()


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


def figures(times: int) -> Iterator[Figure]:
    recorded()  # imports, and torch's first use of everything
    shares = [100 * charged() for _ in range(times)]
    note = f"{spread(shares, '%')} runs"
    yield Figure(
        "recording, of the run's processor time, median", median(shares), "%", most(3), note=note
    )
    pairs = [(seconds(bare), seconds(recorded)) for _ in range(times)]
    alone, watched = (min(taken) for taken in zip(*pairs, strict=True))
    said = " and ".join(spread(taken, "s") for taken in zip(*pairs, strict=True))
    yield Figure(
        "a whole run beside the bare generator, best of each",
        100 * (watched / alone - 1),
        "%",
        most(3),
        note=f"generator and run: {said}",
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
    measured = [("digits", figure) for figure in figures(given.times)]
    facts = machine() | {"torch": torch.__version__, "threads": str(torch.get_num_threads())}
    print(f"{heading(facts)}\n\n{table(measured)}")
    if given.json:
        rows = [figure.to_json(row) for row, figure in measured]
        given.json.write_text(json.dumps({"machine": facts, "figures": rows}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
