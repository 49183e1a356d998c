"""Pictures of what was embedded, for whoever wants to look."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page


def keep(page: Page, name: str) -> None:
    """Keep a picture in the folder that MLWIDGETS_SHOTS names; without one, do nothing."""
    if folder := os.environ.get("MLWIDGETS_SHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"))
