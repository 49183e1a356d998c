"""Fixtures: `lab` and `notebook` open notebooks in a real JupyterLab and a real Notebook 7."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from scripts.browser import launch
from tests.browser.lab import PATIENCE, App, Lab, Server, new_context

Place = tuple[Server, BrowserContext]
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab_place(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from placed("lab", browser, tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def notebook_place(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    yield from placed("notebook", browser, tmp_path_factory.mktemp("notebook"))


def placed(app: App, browser: Browser, folder: Path) -> Iterator[Place]:
    server, context = Server(app, folder), new_context(browser)
    yield server, context
    context.close()
    server.stop()


@pytest.fixture
def lab(lab_place: Place, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """JupyterLab 4. One server for the session; pages and kernels are closed after each test."""
    yield from lent(lab_place, request)


@pytest.fixture
def notebook(notebook_place: Place, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Notebook 7, used as `lab` is."""
    yield from lent(notebook_place, request)


def lent(place: Place, request: pytest.FixtureRequest) -> Iterator[Lab]:
    lab = Lab(*place)
    yield lab
    failed = request.node.stash.get(FAILED, False)
    if failed:
        tell(lab, request.node.name)
    errors = [error for book in lab.books for error in book.errors]
    lab.close()
    assert failed or errors == [], "a page reported errors"


def tell(lab: Lab, test: str) -> None:
    """After a failed test: a picture of each page, and what their consoles said."""
    for number, book in enumerate(lab.books):
        book.screenshot(f"failed-{test}-{number}")
        print(f"{book.name}: console errors: {book.errors}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report
