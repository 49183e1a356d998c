"""A kernel as ipykernel 6 is: one shell, and no subshells for the page to speak to."""

from __future__ import annotations

import sys
from typing import Any

from ipykernel.kernelapp import IPKernelApp


class OneShellApp(IPKernelApp):
    """Ours starts no thread for subshells, and so the kernel says that it has none."""

    def init_control(self, context: Any) -> None:
        super().init_control(context)  # type: ignore[no-untyped-call]  # it has no annotations
        self.shell_channel_thread = None


def main() -> None:
    sys.path[0] = ""  # as `-m` would have it
    OneShellApp.launch_instance()


if __name__ == "__main__":
    main()
