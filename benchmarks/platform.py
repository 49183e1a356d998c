"""The platform's figures beside their bars, taken in a real kernel, JupyterLab and Chromium.

    python -m benchmarks.platform                          every row
    python -m benchmarks.platform load_ext painting        some
    python -m benchmarks.platform --peers .cache/peers     with the peers, installed there
    python -m benchmarks.platform --json figures.json      as data too

It prints and never judges by its exit: a busy machine is no fault of the code.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import attention, exported, in_kernel, in_page, lanes, many, travel, variants
from benchmarks.figures import Figure, heading, load, machine, table
from benchmarks.peers import say
from benchmarks.place import Place

Row = Callable[[Place], Iterator[Figure]]
ROWS: dict[str, Row] = {
    row.__name__: row
    for row in (
        in_kernel.load_ext,
        in_kernel.frame_cost,
        in_kernel.recorded_cell,
        in_page.first_paint,
        in_page.painting,
        in_page.pause,
        in_page.second_player,
        in_page.third_party,
        many.fifty_players,
        many.hundred_players,
        many.streaming,
        many.messages,
        many.reexecution,
        in_kernel.installation,
        attention.attention,
        attention.typing,
        exported.exported,
        travel.seek,
        travel.branch,
        lanes.scrub_lanes,
        variants.vary,
    )
}


def main(arguments: Sequence[str] | None = None) -> None:
    given = parsed(arguments)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # pip leaves compiled files: so do we
    place = Place(given.times, given.executions, given.peers)
    measured: list[tuple[str, Figure]] = []
    try:
        for name in given.rows or ROWS:
            measured += [(name, figure) for figure in taken(name, place)]
        facts = machine(place.browser_version)
    finally:
        place.close()
    if place.peers:
        facts |= {name: place.peers.versions.get(name, "absent") for name in ("plotly", "jupysql")}
    print(f"{heading(facts)}\n\n{table(measured)}")
    if given.json:
        figures = [figure.to_json(row) for row, figure in measured]
        given.json.write_text(json.dumps({"machine": facts, "figures": figures}, indent=1), "utf-8")


def taken(name: str, place: Place) -> list[Figure]:
    """A row's figures; a row that fails says so in the table, and the others go on."""
    start = time.monotonic()
    figures: list[Figure] = []
    try:
        for figure in ROWS[name](place):
            say(" | ".join(figure.cells(name)))
            figures.append(figure)
    except Exception as error:  # any fault of a host is this row's alone
        said = (str(error).strip().splitlines() or [""])[0]
        figures.append(Figure("failed", None, note=f"{type(error).__name__}: {said[:200]}"))
    say(f"{name}: {time.monotonic() - start:.0f} s, load {load()}")
    return figures


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.platform", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("rows", nargs="*", metavar="row", help=", ".join(ROWS))
    parser.add_argument("--times", type=int, default=5, help="takes of a noisy figure")
    parser.add_argument("--executions", type=int, default=50, help="of one cell, in `reexecution`")
    parser.add_argument("--peers", type=Path, help="a folder to install the peers in")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    given = parser.parse_args(arguments)
    if unknown := [row for row in given.rows if row not in ROWS]:
        parser.error(f"unknown row: {', '.join(unknown)} (known: {', '.join(ROWS)})")
    return given


if __name__ == "__main__":
    main()
