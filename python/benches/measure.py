"""Measures the package as it is installed, and prints a table for docs/numbers.md. Times are of the
CPU, which does not depend on what else the machine does.

python benches/measure.py [WHEEL]
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from emqx_rebalance import Snapshot, plan

NODES = {"emqx@a": 3333, "emqx@b": 3334, "emqx@c": 3333, "emqx@d": 0}
RATE, ABS, REL = 10, 100, 1.1


def pure() -> dict[str, int]:
    """The same forecast in plain Python: tick by tick, until EMQX's rule says stop."""
    loads = dict(NODES)
    mean = sum(loads.values()) / len(loads)
    donors = [node for node, load in loads.items() if load >= mean]
    recipients = [node for node, load in loads.items() if load < mean]
    turn = 0
    curve = [dict(loads)]
    while True:
        donor_mean = sum(loads[node] for node in donors) / len(donors)
        recipient_mean = sum(loads[node] for node in recipients) / len(recipients)
        if donor_mean <= recipient_mean + ABS or donor_mean <= recipient_mean * REL:
            return loads
        for donor in donors:
            leave = min(RATE, loads[donor])
            loads[donor] -= leave
            share, rest = divmod(leave, len(recipients))
            for i, recipient in enumerate(recipients):
                loads[recipient] += share + ((i - turn) % len(recipients) < rest)
            turn += rest
        curve.append(dict(loads))


def package() -> dict[str, int]:
    """The whole plan by the package, from typed values to typed values."""
    made = plan(SNAPSHOT, conn_evict_rate=RATE, abs_conn_threshold=ABS, rel_conn_threshold=REL)
    return {end.node: end.connections for end in made.forecast.end}


SNAPSHOT = Snapshot.of(NODES)


def microseconds(call: Callable[[], object]) -> float:
    """The median of many rounds."""
    rounds = []
    for _ in range(30):
        began = time.process_time()
        for _ in range(50):
            call()
        rounds.append((time.process_time() - began) / 50)
    return statistics.median(rounds) * 1e6


def milliseconds(line: str) -> float:
    """The best of several new processes."""
    runs = []
    for _ in range(15):
        began = used_by_children()
        subprocess.run([sys.executable, "-c", line], check=True)
        runs.append(used_by_children() - began)
    return min(runs) * 1000


def used_by_children() -> float:
    """Seconds of CPU of every process that was begun here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Prints one line for each number."""
    assert pure() == package()
    bare, imported = milliseconds("pass"), milliseconds("import emqx_rebalance")
    print(f"import emqx_rebalance: {imported - bare:.0f} ms beside the bare {bare:.0f}")
    print(f"plan() of 4 nodes, typed values in and out: {microseconds(package):.0f} µs")
    print(f"its ticks alone in plain Python: {microseconds(pure):.0f} µs")
    for wheel in sys.argv[1:]:
        print(f"wheel: {Path(wheel).stat().st_size / 1e6:.2f} MB")
    print(f"load average meanwhile: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
