"""`python -m mlwidgets publish`: a notebook as one offline page, or as a deck."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .order import OrderError, order_of

USAGE = """\
A notebook as one HTML file that needs no network and no kernel.

  python -m mlwidgets publish lecture.ipynb             a page, lecture.html
  python -m mlwidgets publish lecture.ipynb --slides    a deck, lecture.slides.html

  -o FILE          another file
  --slides         slides as the notebook's slideshow metadata says, else one for each heading of
                   level 1 or 2; page down and up go through the stops of the figures, S opens the
                   speaker's notes, printing gives a page for each stop
  --execute        execute the notebook first, drive every run to its end, and take the figures
                   from the kernel; without it they are those that the notebook was saved with
  --live           with --slides: serve the deck attached to a kernel, until Ctrl-C
  --allow-errors   publish also where a cell fails or a figure is missing
  --no-code        leave the code out; tags of cells do so one by one: hide-input, hide-output,
                   hide-cell fold, remove-input, remove-output, remove-cell leave out; in a deck
                   the code beside a figure is folded, but for show-input
  --title TEXT     another title than the notebook's first heading
  --wait SECONDS   how long a run may take to its end, 120 by default; one that goes on for ever is
                   published as far as it then is, and says so

Exit status: 0 done, 2 refused or failed (one line on stderr says why), 130 interrupted."""

EXTRA = 'publishing needs more: pip install "mlwidgets[publish]"'


def main(argv: Sequence[str]) -> int:
    """Obey `publish ...`; MLError says what was wrong."""
    if not argv or {"-h", "--help"} & set(argv):
        print(USAGE)
        return 0
    order = order_of(argv)
    try:
        import markdown_it  # noqa: F401  all of the extra come together
        import mdit_py_plugins  # noqa: F401
        import nbclient  # noqa: F401
        import nh3  # noqa: F401
    except ImportError as why:
        raise OrderError(f"{EXTRA} ({why.name} is missing)") from None
    if "--live" in order:
        from .live import serve

        return serve(order, warn)
    from .writing import publish

    publish(order, warn)
    return 0


def warn(line: str) -> None:
    """Tell of something that does not stand in the way."""
    print(f"mlwidgets: {' '.join(line.split())}", file=sys.stderr)
