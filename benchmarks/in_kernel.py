"""Rows that need no browser: a fresh kernel, the cost of a frame, what an installation weighs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from benchmarks.figures import Figure, most, spread
from benchmarks.place import Place
from scripts.environment import ROOT

PATIENCE = 120
HEAVY = ("torch", "sklearn", "numpy", "pandas", "matplotlib", "scipy")

LOAD = """
import ipywidgets, anywidget, sys, time
start, worked = time.perf_counter(), time.thread_time()
get_ipython().run_line_magic("load_ext", {name!r})
took, worked = time.perf_counter() - start, time.thread_time() - worked
"""
SEEN = f"""{{
    "ms": took * 1000, "worked": worked * 1000, "heavy": [n for n in {HEAVY} if n in sys.modules]
}}"""
TOPICS = "__import__('mlwidgets.registry').registry.registry().topics.__len__()"


def load_ext(place: Place) -> Iterator[Figure]:
    """`%load_ext` in a fresh kernel that has imported ipywidgets and anywidget.

    Timed in the kernel around the magic itself; a fresh kernel each time, the first left out (it
    reads the files from disk). Beside it the peers' own extensions, in kernels of their own
    environment. Quality: how many topics are declared, and which heavy libraries came in.
    """
    ours = loads(sys.executable, "mlwidgets", place.times)
    topics = fresh(sys.executable, LOAD.format(name="mlwidgets"), TOPICS)
    times = [taken["ms"] for taken in ours]
    heavy = sorted({name for taken in ours for name in taken["heavy"]})
    yield Figure(
        "%load_ext mlwidgets, best",
        min(times),
        "ms",
        most(50),
        peer="; ".join(peer_loads(place)) or "no peers (see --peers)",
        note=f"{spread(times, 'ms')} kernels, of which processor time "
        f"{min(taken['worked'] for taken in ours):.0f} ms; {topics} topics declared",
    )
    yield Figure(
        "heavy libraries it imports", len(heavy), "", most(0), note=", ".join(heavy) or "none"
    )


def peer_loads(place: Place) -> Iterator[str]:
    """The same for the peers that are installed."""
    if place.peers is None:
        return
    for distribution, extension in (("jupysql", "sql"), ("jupyter_ai_magics",) * 2):
        try:
            taken = loads(str(place.peers.python), extension, max(2, place.times // 2))
        except (RuntimeError, TimeoutError) as error:
            yield f"{distribution}: {str(error)[:60]}"
            continue
        yield f"{place.peers.named(distribution)}: {min(t['ms'] for t in taken):,.0f} ms"


def loads(python: str, extension: str, times: int) -> list[dict[str, Any]]:
    """What loading an extension took, in so many fresh kernels and one to warm the disk."""
    code = LOAD.format(name=extension)
    return [fresh(python, code, SEEN) for _ in range(times + 1)][1:]


def fresh(python: str, code: str, expression: str) -> Any:
    """The value of an expression after some code, in a kernel that is ended then."""
    with kernel(python) as client:
        return value(client, code, expression)


@contextmanager
def kernel(python: str) -> Iterator[BlockingKernelClient]:
    """A kernel of this Python, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path, _ = write_connection_file(f"{folder}/kernel.json", ip="127.0.0.1")
        line = [python, "-m", "ipykernel_launcher", "-f", path]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = BlockingKernelClient(connection_file=path)
        client.load_connection_file()
        client.start_channels(hb=False)  # its heart beats only once it has started
        try:
            client.wait_for_ready(timeout=PATIENCE)
            yield client
        finally:
            client.stop_channels()
            process.kill()
            process.wait()


def value(client: BlockingKernelClient, code: str, expression: str) -> Any:
    """Execute, and read one expression back."""
    try:
        reply = client.execute_interactive(
            code,
            user_expressions={"value": expression},
            timeout=PATIENCE,
            output_hook=lambda message: None,
        )["content"]
    except Empty:
        raise TimeoutError("the kernel does not answer") from None
    if reply["status"] != "ok":
        raise RuntimeError(f"{reply['ename']}: {reply['evalue']}")
    answer = reply["user_expressions"]["value"]
    if answer["status"] != "ok":
        raise RuntimeError(f"{answer['ename']}: {answer['evalue']}")
    return ast.literal_eval(answer["data"]["text/plain"])


# ---- the cost of a frame

COST = """
import json, sys, time
import numpy as np
from mlwidgets import play

def board(n: int = 10**9):
    "The columns of Q-learning, made at no cost."
    frame = {"Q": np.zeros((48, 4)), "agent": 3, "r": -1.0, "delta": 0.5, "ret": -13.0,
             "err": 0.1, "episode": 2}
    for k in range(n):
        yield frame

def single(n: int = 10**9):
    "One number."
    frame = {"x": 0.5}
    for k in range(n):
        yield frame

def bare(make, n):
    start = time.process_time()
    for frame in make(n):
        pass
    return time.process_time() - start

def recorded(make, n):
    run = play(make, n=n)
    start = time.process_time()
    run.wait()
    took = time.process_time() - start
    assert run.number == n - 1 and len(run.trace) <= 10_001
    run.close()
    return took

def cost(make, n, times):
    # The least of each, taken in turn: whatever else the machine does only adds.
    pairs = [(bare(make, n), recorded(make, n)) for _ in range(times)]
    return (min(r for _, r in pairs) - min(b for b, _ in pairs)) / n * 1e6

times = int(sys.argv[1])
print(json.dumps({
    "million": cost(board, 1_000_000, times), "million1": cost(single, 1_000_000, times),
    "first": cost(board, 10_000, 4 * times), "first1": cost(single, 10_000, 4 * times),
}))
"""

REAL = """
import json, sys, time
from itertools import islice
from mlwidgets import play
from mlwidgets_rl.q_learning import q_learning

def bare(n):
    start = time.process_time()
    for frame in islice(q_learning(epsilon=1.0, episodes=2000), n):
        pass
    return time.process_time() - start

def recorded(n):
    run = play("rl.q_learning", epsilon=1.0, episodes=2000)
    start = time.process_time()
    run.step(n)
    took = time.process_time() - start
    run.close()
    return took

pairs = [(bare(100_000), recorded(100_000)) for _ in range(int(sys.argv[1]))]
bare, ours = min(b for b, _ in pairs) * 10, min(r for _, r in pairs) * 10
print(json.dumps({"bare": bare, "ours": ours}))
"""


def frame_cost(place: Place) -> Iterator[Figure]:
    """What a run adds to each frame while it records, against `for frame in generator()`.

    Processor time of the process (not the clock: others use this machine), the least of several
    taken in turn, in a Python of its own without a notebook. The generator yields the columns of
    Q-learning (an array of 48 x 4 and six numbers) and does nothing else, so that the difference
    is the run's own: attention, due frames, checking, copying, thinning.
    """
    taken = measured(COST, min(place.times, 5))
    notes = "a frame of one number: {:.2f} us"
    real = measured(REAL, min(place.times, 3))
    yield Figure(
        "a frame, over a million",
        taken["million"],
        "us",
        most(0.5),
        note=notes.format(taken["million1"])
        + f"; Q-learning itself over 100,000 frames: {real['bare']:.2f} us bare, "
        f"{real['ours']:.2f} us recorded",
    )
    yield Figure(
        "a frame, the first 10,000",
        taken["first"],
        "us",
        most(3),
        note=notes.format(taken["first1"]) + "; every one of these is kept",
    )


CELL = """
import json
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell(config=config)
shell.run_line_magic("load_ext", "mlwidgets")
LOOP = '''import time
passes, loss = {passes}, 0.0
begun = time.thread_time()
for k in range(passes):
    loss = k * 0.5
took = (time.thread_time() - begun) / passes * 1e6'''
HEADS = {"bare": "", "recorded": "%%ml record loss\\n", "tenth": "%%ml record loss every=10\\n"}

def cost(head, passes):
    shell.run_cell(head + LOOP.format(passes=passes)).raise_error()
    return shell.user_ns["took"]

for head in HEADS.values():
    cost(head, 1000)
figures = {n: min(cost(h, 9_000) for _ in range(7)) for n, h in HEADS.items()}
figures["million"] = min(cost(HEADS["recorded"], 300_000) for _ in range(2))
print(json.dumps(figures))
"""


def recorded_cell(place: Place) -> Iterator[Figure]:
    """What `%%ml record loss` adds to each pass of the loop below it, beside the bare cell.

    Processor time of the thread, the least of several, in a shell without a page. The loop does
    nothing but assign a number, so that the difference is the recording's own.
    """
    taken = measured(CELL)
    bare = taken["bare"]
    yield Figure(
        "a pass of a recorded cell",
        taken["recorded"] - bare,
        "us",
        most(5),
        note=f"the bare loop: {bare:.2f} us a pass; with every=10: {taken['tenth'] - bare:.2f} us;"
        f" over 300,000 passes: {taken['million'] - bare:.2f} us",
    )


def measured(program: str, *arguments: object) -> dict[str, Any]:
    """The JSON that a program prints, run by a Python of its own."""
    line = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return dict(json.loads(done.stdout))


# ---- an installation

IMPORTED = """
import json, sys
import mlwidgets
mlwidgets.play, mlwidgets.algorithm, mlwidgets.Line
print(json.dumps([n for n in ("torch", "sklearn", "anywidget", "numpy") if n in sys.modules]))
"""


def installation(place: Place) -> Iterator[Figure]:
    """`pip install mlwidgets` with nothing extra, in a fresh environment.

    The bytes of all files that the installation added, pip's own left out. Then what `import
    mlwidgets` and naming its verbs brings in there.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "env", "bin", "python")
        subprocess.run([sys.executable, "-m", "venv", f"{folder}/env"], check=True)
        site = next(Path(folder, "env").glob("lib*/python*/site-packages"))
        before = weight(site)
        line = [str(python), "-m", "pip", "install", "--quiet", str(ROOT)]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1]
            yield Figure("pip install mlwidgets", None, "MB", most(100), note=f"failed: {last}")
            return
        biggest = sorted(((weight(p), p.name) for p in site.iterdir()), reverse=True)[:6]
        added = weight(site) - before
        program = [str(python), "-c", IMPORTED]
        named = json.loads(subprocess.run(program, capture_output=True, check=True).stdout)
        own = weight(site / "mlwidgets") + sum(map(weight, site.glob("mlwidgets_*")))
    note = ", ".join(f"{name} {size / 1e6:.0f}" for size, name in biggest)
    yield Figure(
        "what it installs, without torch",
        added / 1e6,
        "MB",
        most(100),
        note=f"{note}; ours {own / 1e6:.1f}",
    )
    yield Figure(
        "of torch, scikit-learn, anywidget, numpy that `import mlwidgets` imports",
        len(named),
        "",
        most(0),
        note=", ".join(named) or "none",
    )


def weight(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
