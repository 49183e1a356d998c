"""mlwidgets: machine learning you can pause, step, rewind and steer inside a notebook.

`%load_ext mlwidgets`, then `%ml`; or `mlwidgets.play("rl.q_learning")`. Names are imported when
they are first used: importing the package imports neither numpy, torch nor any widget.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .algorithms import Algorithm as Algorithm
    from .algorithms import Done as Done
    from .algorithms import algorithm as algorithm
    from .api import play as play
    from .errors import MLError as MLError
    from .errors import ParamError as ParamError
    from .errors import UncheckedError as UncheckedError
    from .errors import nearest as nearest
    from .frame import Array as Array
    from .frame import Frames as Frames
    from .frame import Measured as Measured
    from .frame import Metric as Metric
    from .frame import Ragged as Ragged
    from .frame import Unit as Unit
    from .hookspecs import hookimpl as hookimpl
    from .images import Image as Image
    from .images import ImageKind as ImageKind
    from .inputs import Grid as Grid
    from .inputs import Net as Net
    from .inputs import NetKind as NetKind
    from .inputs import Table as Table
    from .inputs import Text as Text
    from .inputs import TextKind as TextKind
    from .kept import keep as keep
    from .kinds import Kind as Kind
    from .kinds import Log as Log
    from .kinds import Range as Range
    from .kinds import Secret as Secret
    from .pages.box import Box as Box
    from .pages.export import export_page as export_page
    from .pages.svg import Font as Font
    from .pages.svg import Sheet as Sheet
    from .params import Live as Live
    from .params import Rate as Rate
    from .params import Seed as Seed
    from .params import Unless as Unless
    from .plugin import Registration as Registration
    from .points import Points as Points
    from .points import PointsKind as PointsKind
    from .recording import record as record
    from .references import Reference as Reference
    from .replay.compare import Comparison as Comparison
    from .replay.compare import compare as compare
    from .run import Run as Run
    from .run import runs as runs
    from .runof import RunOf as RunOf
    from .savefile import load as load
    from .views import Bars as Bars
    from .views import Board as Board
    from .views import Confusion as Confusion
    from .views import Curve as Curve
    from .views import Heads as Heads
    from .views import Heatmap as Heatmap
    from .views import Line as Line
    from .views import Own as Own
    from .views import Picture as Picture
    from .views import Pictures as Pictures
    from .views import Scatter as Scatter
    from .views import Tokens as Tokens
    from .views import Values as Values
    from .views import View as View
    from .views import Words as Words

__version__ = "0.1.0"

_HOME = {
    "algorithms": "Algorithm Done algorithm",
    "api": "play",
    "errors": "MLError ParamError UncheckedError nearest",
    "frame": "Array Frames Measured Metric Ragged Unit",
    "hookspecs": "hookimpl",
    "images": "Image ImageKind",
    "inputs": "Grid Net NetKind Table Text TextKind",
    "kinds": "Kind Log Range Secret",
    "kept": "keep",
    "pages.box": "Box",
    "pages.export": "export_page",
    "pages.svg": "Font Sheet",
    "params": "Live Rate Seed Unless",
    "plugin": "Registration",
    "points": "Points PointsKind",
    "recording": "record",
    "references": "Reference",
    "replay.compare": "Comparison compare",
    "run": "Run runs",
    "runof": "RunOf",
    "savefile": "load",
    "views": "Bars Board Confusion Curve Heads Heatmap Line Own Picture Pictures Scatter"
    " Tokens Values View Words",
}
_MODULE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = sorted(_MODULE)  # derived, so that it cannot drift


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE])


def load_ipython_extension(ip: Any) -> None:
    """`%load_ext mlwidgets`."""
    from .magic import load_ipython_extension

    load_ipython_extension(ip)


def unload_ipython_extension(ip: Any) -> None:
    """`%unload_ext mlwidgets`."""
    from .magic import unload_ipython_extension

    unload_ipython_extension(ip)
