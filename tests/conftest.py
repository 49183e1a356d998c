"""What every test shares."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BROWSER = ROOT / "tests" / "browser"
SERVERS = {"lab_place", "notebook_place"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests carry their mark and come last: quick faults show first.

    Playwright also leaves an event loop running in the main thread: no other test should meet it.
    Those with a Jupyter server beside the browser are marked, too: its kernels need the machine.
    """
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker("browser")
            if not SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
                item.add_marker("server")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT
