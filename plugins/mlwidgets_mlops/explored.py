"""The explorer of a service: its documentation and its last answer, with no network."""

from __future__ import annotations

import json
from typing import Any

import mlwidgets as ml

EXPLORER = ml.Own(
    "mlwidgets_mlops.views:explorer.js",
    *("openapi", "request", "status", "answer", "asked", "url"),
    title="The service",
    note="as its OpenAPI documentation tells it",
    wide=True,
    ask="ask",
    still="mlwidgets_mlops.explored:explored",
)
LINE = 18.0  # px
MONO = "ui-monospace,'DejaVu Sans Mono',monospace"


def explored(sheet: ml.Sheet, box: ml.Box) -> float:
    """Each operation with the statuses it may answer, then the request of the frame."""
    values, y = box.values, box.y + 14.0
    for name, told, statuses in operations(json.loads(str(values["openapi"]))):
        sheet.text(box.x, y, name, ml.Font(12, sheet.INK, family=MONO, weight=600))
        sheet.text(box.x + 150, y, told, ml.Font(12, sheet.QUIET))
        sheet.text(box.x + box.w, y, " ".join(statuses), ml.Font(11, sheet.QUIET, "end", MONO))
        y += LINE
    said = f"{int(values['status'])}  {values['request']}"
    hue = sheet.HUES["value" if int(values["status"]) == 200 else "error"]
    sheet.text(box.x, y + 6, said, ml.Font(12, hue, family=MONO))
    sheet.text(
        box.x, y + 6 + LINE, str(values["answer"])[: int(box.w / 7)], ml.Font(11, family=MONO)
    )
    return y + 12 + LINE - box.y


def operations(openapi: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Method and path, what it does, and its statuses."""
    return [
        (f"{method.upper()} {path}", str(told.get("description", "")), [*told["responses"]])
        for path, methods in openapi["paths"].items()
        for method, told in methods.items()
    ]
