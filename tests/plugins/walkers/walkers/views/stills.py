"""The street where no script runs."""

from mlwidgets import Box, Sheet


def street(sheet: Sheet, box: Box) -> float:
    """The walker on the street; its height in px."""
    for lamp in range(-20, 21, 10):
        x = box.x + 8 + (lamp + 20) / 40 * (box.w - 16)
        sheet.line(x, box.y + 10, x, box.y + 50, sheet.RULE)
    place = max(-20.0, min(20.0, float(box.values["place"])))
    sheet.add(
        "circle",
        cx=box.x + 8 + (place + 20) / 40 * (box.w - 16),
        cy=box.y + 30,
        r=6,
        fill=sheet.HUES["error"],
    )
    return 60.0
