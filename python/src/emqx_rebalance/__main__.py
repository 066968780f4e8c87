"""The command ``emqx-rebalance``, as ``python -m emqx_rebalance`` too."""

from __future__ import annotations

import signal
import sys

from . import _native

__all__ = ["main"]


def main() -> int:
    """Runs the command with the arguments of the process and returns its exit code."""
    # Ctrl-C is the command's own: Python's handler would wait for Python to go on. Where it is
    # ignored, as in the background, it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    again = [sys.executable, "-m", "emqx_rebalance"]
    return _native.command(["emqx-rebalance", *sys.argv[1:]], again)


if __name__ == "__main__":
    sys.exit(main())
