"""Rows of one player in a real JupyterLab: how soon it is painted, how fast, what it answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from benchmarks import stranger
from benchmarks.figures import Figure, least, most, number, spread
from benchmarks.place import Place, Tapped
from benchmarks.wire import Message, json_size, total
from tests.browser.lab import wait_until
from tests.browser.playing import Player, opened

LOAD = "%load_ext mlwidgets\nimport mlwidgets"
SHOW = "%ml rl.q_learning"


def first_paint(place: Place) -> Iterator[Figure]:
    """From the command "run this cell" in the page to the first painted board.

    The kernel is warm: `%load_ext mlwidgets` has been executed. Timed in the page, from the
    command to the end of the first animation frame after which a canvas of the player holds a
    drawing. The first player of a kernel and page also imports numpy and anywidget and brings the
    player's JavaScript; the second does not. A new page and kernel each time. Quality: the share
    of its canvases that hold ink. Beside it the floor: a slider of ipywidgets.
    """
    first, second, floor, ink = [], [], [], []
    for _ in range(place.times):
        cells = [LOAD, SHOW, SHOW, "import ipywidgets\nipywidgets.IntSlider()"]
        with place.book(cells) as book:
            book.run(0)
            first.append(book.probe("run", 1, "players", 1))
            second.append(book.probe("run", 2, "players", 1))
            floor.append(book.probe("run", 3, "present", 1, ".widget-slider"))
            ink += [book.probe("ink", 1), book.probe("ink", 2)]
    holding = f"{sum(i for _, i in ink)} of {sum(n for n, _ in ink)} canvases hold ink"
    for what, times in (("first player of the page", first), ("next player", second)):
        yield Figure(
            f"run the cell to first paint, {what}, best",
            min(times),
            "ms",
            most(1000),
            peer=f"ipywidgets.IntSlider {min(floor):,.0f} ms",
            note=f"{spread(times, 'ms')}; {holding}",
        )


def painting(place: Place) -> Iterator[Figure]:
    """Paints a second while Q-learning runs at full speed, and the kernel's answers meanwhile.

    Started with the Play button at the pace "full speed", watched for five seconds in the page: an
    animation frame counts if the board was drawn in it at another place than before. The round
    trip is an empty execute request from the page to the kernel's main shell and back, five a
    second, first with the run standing still, then with it running.
    """
    with place.book([LOAD, "run = %ml rl.q_learning episodes=2000 epsilon=1\nrun"]) as book:
        book.run(0)
        book.run(1)
        player = opened(book, 1)
        idle = book.probe("trips", 2000)
        player.choose("Pace", "full speed")
        player.play()
        player.advances()
        before, work = int(book.eval("run.number")), book.kernel_work()
        start = time.monotonic()
        watched = book.probe("watch", 1, 5000, True)
        frames, status = int(book.eval("run.number")) - before, book.eval("run.status")
        share = (book.kernel_work() - work) / (time.monotonic() - start)
        book.exec("run.stop()")
    shown = [
        p
        for p, q in zip(watched["seen"], [[0, -1], *watched["seen"]], strict=False)
        if p[1] != q[1]
    ]
    yield Figure(
        "painted frames a second at full speed",
        len(shown) / 5,
        "fps",
        least(30),
        note=f"{watched['frames'] / 5:.0f} animation frames a second in the page; "
        f"the run made {frames / 5:,.0f} frames a second and was {status} at the end; "
        f"the kernel got {share:.0%} of one core",
    )
    yield Figure(
        "kernel round trip meanwhile, median",
        median(watched["trips"]),
        "ms",
        most(50),
        peer=f"the same kernel idle {median(idle):.0f} ms",
        note=spread(watched["trips"], "ms"),
    )


WALK = """
import time
last = [0.0]
def walk(n: int = 1_000_000_000):
    "A walk: goes on until it is stopped."
    import numpy as np
    x = np.zeros((48, 4))
    for k in range(n):
        x[k % 48] += 1
        last[0] = time.time()
        yield {"x": x, "k": k}
"""
BUSY = """
def paused(since):
    return run.number > since and run.status == "paused" and time.time() - last[0] > 0.3
since, end = run.number, time.time() + 20
while time.time() < end and not paused(since):
    {}
"""
WORK = {"time.sleep": "time.sleep(0.1)", "pure Python": "sum(range(10_000))"}


def pause(place: Place) -> Iterator[Figure]:
    """The Pause button pressed while another cell is busy, to the last frame that was made.

    The run notes the time at each frame. The button is pressed in the page, which notes the time
    too (same clock, whole milliseconds), while the other cell sleeps or computes; that cell ends
    when the run has been paused, or after 20 s: a message that waits for the cell takes as long.
    """
    for what, work in WORK.items():
        cells = [LOAD + WALK, "run = mlwidgets.play(walk)\nrun", BUSY.format(work)]
        with place.book(cells) as book:
            book.run(0)
            book.run(1)
            player = opened(book, 1, "A walk")
            player.choose("Pace", "full speed")
            waits = [pressed(book, player) for _ in range(place.times)]
        yield Figure(
            f"pause while a cell is busy with {what}, median",
            median(waits),
            "ms",
            most(100),
            note=spread(waits, "ms"),
        )


def pressed(book: Tapped, player: Player) -> float:
    """Milliseconds from the button to the last frame, the busy cell running meanwhile."""
    book.run(2, wait=False)
    wait_until(lambda: book.is_running(2), "the cell is busy")
    player.play()
    player.advances()
    if not book.is_running(2):
        raise RuntimeError("the busy cell was over before the run was under way")
    at = float(book.probe("press", 1, "Pause"))
    wait_until(lambda: not book.is_running(2), "the cell is over")
    book.wait_for("run.status", "paused")
    expect(player.button("Play")).to_be_visible()
    return max(0.0, float(book.eval("last[0] * 1000")) - at)


def second_player(place: Place) -> Iterator[Figure]:
    """Bytes over the websocket for the second player, beside its data.

    All frames that the page receives from the command to the painted player and the kernel's next
    answer, less the bytes of what describes and fills it: the traits `info`, `state` and `first`,
    the messages of rows, the text and still that stand where there is no kernel; and less what a
    cell that shows a number costs (echo, busy, idle).
    """
    with place.book([LOAD, SHOW, SHOW, "1"]) as book:
        book.run(0)
        taps = []
        for i in (1, 2, 3):
            book.tap()
            if i < 3:
                book.probe("run", i, "players", 1)
            else:
                book.run(i)
            taps.append(book.tap())
    first, second, plain = taps
    data = data_in(second)
    beside = total(second) - sum(data.values()) - total(plain)
    parts = ", ".join(f"{name} {size:,}" for name, size in data.items())
    code = sum(
        sum(m.buffers) for m in second if "code" in m.state or m.custom.get("type") == "code"
    )
    yield Figure(
        "second player's bytes beside its data",
        beside / 1024,
        "KB",
        most(4),
        peer=f"a cell that shows 1: {total(plain) / 1024:.1f} KB",
        note=f"the first player took {total(first):,} bytes, the second {total(second):,}; data: "
        f"{parts}; JavaScript bundle in it: {code:,}; by kind: {by_kind(second)}",
    )


STILL = ("text/html", "text/plain", "image/png", "image/svg+xml")  # what is shown without a kernel


def data_in(messages: list[Message]) -> dict[str, int]:
    """Bytes of the run's own data among them."""
    found = {"info": 0, "state": 0, "first": 0, "rows": 0, "still": 0}
    for message in messages:
        state = message.state
        for name in ("info", "state"):
            found[name] += json_size(state[name]) if name in state else 0
        if "info" in state:
            found["first"] += sum(message.buffers)
        if message.kind in ("execute_result", "display_data"):
            shown = message.content["data"]
            found["still"] += sum(json_size(shown[kind]) for kind in shown if kind in STILL)
        if message.custom.get("type") == "data":
            found["rows"] += json_size(message.custom) + sum(message.buffers)
    return found


def by_kind(messages: list[Message]) -> str:
    """How the bytes are spread over the kinds of message."""
    kinds: dict[str, list[int]] = {}
    for message in messages:
        kinds.setdefault(message.kind, []).append(message.size)
    return ", ".join(f"{kind} {len(sizes)}x {sum(sizes):,}" for kind, sizes in kinds.items())


def third_party(place: Place) -> Iterator[Figure]:
    """A stranger's algorithm with two views and three controls, all its lines counted and played.

    `benchmarks/stranger.py` is put beside the installed packages with the entry point that its
    own `pyproject.toml` would declare, shown by `%ml`, and played to its end with the button.
    """
    path = Path(stranger.__file__)
    lines = path.read_text("utf-8").splitlines()
    with TemporaryDirectory() as folder:
        install(path, Path(folder))
        load = f"import sys\nsys.path.insert(0, {folder!r})\n{LOAD}"
        with place.book([load, "run = %ml stranger.averaging\nrun"]) as book:
            book.run(0)
            book.run(1)
            player = opened(book, 1, "Averaging")
            views = player.box.get_by_role("img").count()
            controls = [player.slider(name) for name in ("noise", "drift")]
            present = sum(
                control.count()
                for control in [*controls, player.slider("n samples"), player.field("n samples")]
            )
            player.choose("Pace", "full speed")
            player.button("Play").click()
            book.wait_for("run.status", "done")
            wait_until(lambda: player.last == 499, "the page has all 500 frames")
            faults = len(book.errors)
    code = [line for line in lines if line.strip()]
    yield Figure(
        "lines of Python of a stranger's algorithm",
        len(lines),
        "lines",
        most(40),
        note=f"{len(code)} of them not blank; {views} views and {present} controls in the page, "
        f"{number(500)} frames played to the end, {faults} console errors, no JavaScript",
    )


def install(module: Path, folder: Path) -> None:
    """Leave a module and its metadata as pip would."""
    (folder / module.name).write_text(module.read_text("utf-8"), "utf-8")
    info = folder / f"{module.stem}-1.0.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {module.stem}\nVersion: 1.0\n"
    (info / "METADATA").write_text(head, "utf-8")
    entry = f"[mlwidgets]\n{module.stem} = {module.stem}\n"
    (info / "entry_points.txt").write_text(entry, "utf-8")
