"""What the tests share."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from emqx_rebalance import Cluster, EmbeddedCluster, Run, RunPhase

ROOT = Path(__file__).resolve().parents[2]

#: Options of a plan that is over within seconds.
FAST: dict[str, Any] = {
    "conn_evict_rate": 20,
    "wait_health_check": 1,
    "wait_takeover": 1,
    "abs_conn_threshold": 100,
    "rel_conn_threshold": 1.01,
}
#: Patience that goes with it.
QUICK: dict[str, Any] = {"poll_interval_ms": 100, "settle_s": 10}


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """Four small nodes, the last one empty."""
    with Cluster.embedded(nodes=4, clients=[300, 300, 300, 0]) as embedded:
        yield embedded


def until_started(run: Run) -> None:
    """Waits until EMQX says that the run goes on. In which phase is chance on a busy machine."""
    next(status for status in run.watch() if status.runs[0].state in list(RunPhase))


def in_repository(path: str) -> Path:
    """A path in the repository, away from which the tests that need it are left out."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"{path} is in the repository alone", allow_module_level=True)
    return found


def vectors(name: str) -> list[dict[str, Any]]:
    """Every case of one file of tests/vectors."""
    data = json.loads(in_repository(f"tests/vectors/{name}").read_text(encoding="utf-8"))
    cases: list[dict[str, Any]] = data["cases"]
    return cases


def program(code: str) -> list[str]:
    """A Python of its own that runs ``code`` with this package."""
    return [sys.executable, "-W", "error", "-c", code]


@contextmanager
def server(answer: bytes, *, hangs: bool = False) -> Iterator[str]:
    """A server that gives ``answer`` to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        end = threading.Event()

        def serve() -> None:
            while not end.is_set():
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer, suppress(OSError):
                    peer.recv(65536)
                    peer.sendall(answer)
                    if hangs:
                        end.wait(30)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            end.set()
            # Wakes it from its wait for somebody to serve.
            socket.create_connection(listener.getsockname()).close()
            thread.join(5)


def http(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """An answer; its ``length`` is what it says of itself."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", "connection: close", f"content-length: {size}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body
