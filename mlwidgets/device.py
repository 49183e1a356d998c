"""Where arithmetic happens: the run picks the device, so that algorithm files need not say it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Context
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from .errors import RunError

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(asked: str = "auto") -> str:
    """The device to run on: cuda, mps or cpu where `auto`; RunError for one that is not there.

    torch is asked only if something has imported it: a file that uses torch imports it at its top.
    """
    if asked.partition(":")[0] not in DEVICES:
        raise RunError(
            f"device={asked!r}: must be one of {', '.join(DEVICES)}, or cuda:1 and so on"
        )
    torch: Any = sys.modules.get("torch")
    if asked == "cpu" or (asked == "auto" and torch is None):
        return "cpu"
    if torch is None:
        torch = import_module("torch")
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if asked == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[asked.partition(":")[0]]:
        known = ", ".join(name for name, ok in there.items() if ok)
        raise RunError(f"device={asked!r}: this machine has none (it has: {known})")
    return asked


def thread_scope(device: str) -> Callable[[], Context[None]]:
    """What another thread must re-enter to compute as the calling thread would.

    torch keeps grad mode, default device and autocast for each thread; nothing carries them over.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return _plain
    grad = torch.is_grad_enabled()
    cast = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")
    cast_gpu = torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")
    default = torch.get_default_device()
    wanted = torch.device(device)
    moved = wanted if wanted.type != "cpu" else default if default.type != "cpu" else None

    @contextmanager
    def scope() -> Iterator[None]:
        nonlocal grad
        with ExitStack() as stack:
            stack.enter_context(torch.set_grad_enabled(grad))
            for kind, (on, dtype) in {"cpu": cast, "cuda": cast_gpu}.items():
                if on:
                    stack.enter_context(torch.autocast(kind, dtype=dtype))
            if moved is not None:
                stack.enter_context(moved)
            try:
                yield
            finally:
                grad = torch.is_grad_enabled()  # a generator may stand inside its own no_grad

    return scope


@contextmanager
def _plain() -> Iterator[None]:
    yield


def torch_threads() -> int:
    """How many threads torch computes with for the calling one; 0 where torch is not there."""
    torch: Any = sys.modules.get("torch")
    return 0 if torch is None else int(torch.get_num_threads())


def settle_thread(threads: int = 0) -> None:
    """Make torch honour the process's thread count in a new thread (it is kept for each thread).

    threads: the count that a thread that is not new is to have.
    """
    if threads not in (torch_threads(), 0):
        sys.modules["torch"].set_num_threads(threads)
