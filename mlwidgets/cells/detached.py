"""`--detach`: a recorded cell in the run's thread, on the notebook's namespace."""

from __future__ import annotations

import ast
import asyncio
import inspect
import threading
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from IPython.display import display

from mlwidgets.core import Core, Stop
from mlwidgets.device import settle_thread
from mlwidgets.drivers import ThreadDriver
from mlwidgets.recording import Recorder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .cell import RecordedCell


class Detached:
    """The code of a recorded cell, to be run aside."""

    def __init__(self, cell: RecordedCell, tree: ast.Module, shell: InteractiveShell) -> None:
        self.cell, self.tree, self.shell = cell, tree, shell

    def start(self, filename: str, recorder: Recorder) -> None:
        """Compile it, so that what is wrong with it is said at once, and let it go."""
        shell = self.shell
        ast.fix_missing_locations(self.tree)
        with shell.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
            code = shell.compile(self.tree, filename, "exec")  # type: ignore[arg-type]  # or a tree
        quiet = shell.displayhook.quiet()  # type: ignore[no-untyped-call]  # IPython's
        driver = CellThread(recorder._core, lambda: self._work(code, recorder._core, quiet=quiet))
        recorder.run._driver = driver

    def _work(self, code: CodeType, core: Core, *, quiet: bool) -> None:
        """In the thread. What the cell raises is told below the cell, as ever."""
        try:
            value = FunctionType(code, self.shell.user_ns)()
            if inspect.iscoroutine(value):
                asyncio.run(value)
            if not quiet and (value := self.cell.take()) is not None:
                display(value)  # type: ignore[no-untyped-call]  # IPython's
        except Stop:  # thrown into a pass that did not end
            pass
        except BaseException as error:
            below = error.__traceback__
            while below is not None and below.tb_frame.f_code.co_filename != code.co_filename:
                below = below.tb_next
            self.shell.showtraceback((type(error), error, below), tb_offset=0)
        finally:
            if not core.over:
                core.finish("stopped")


class CellThread(ThreadDriver):
    """A thread for one cell of the user's; no other run gets it afterwards."""

    def __init__(self, core: Core, work: Any) -> None:
        self.work = work
        super().__init__(core)
        self.thrown = True  # what the cell has set for its thread stays with it

    def settle(self, deadline: float | None) -> bool:
        return threading.current_thread() is self.thread or super().settle(deadline)

    def serve(self) -> None:
        settle_thread()
        self.work()
