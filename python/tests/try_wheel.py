"""What a newcomer does first, with the installed wheel and nothing else: a plan, an embedded
cluster, a rebalance to its verdict, the command. ``cargo xtask python-wheels`` runs it.
"""

from __future__ import annotations

import json
import subprocess
import sys

from emqx_rebalance import Cluster, Snapshot, plan

COMMAND = "emqx-rebalance"


def said(*arguments: str, told: str = "") -> str:
    """What the command prints, which has to end well."""
    command = [COMMAND, *arguments]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, input=told)
    return ran.stdout


def main() -> int:
    """Tries each in turn; what does not work is raised."""
    counts = Snapshot.of({"emqx@a": 900, "emqx@b": 0})
    assert plan(counts, abs_conn_threshold=10).decision == "start"
    with Cluster.embedded(nodes=2, clients=[300, 0]) as cluster:
        made = cluster.plan(mode="level", conn_evict_rate=100, wait_health_check=1, wait_takeover=1)
        outcome = cluster.start(made, poll_interval_ms=100, settle_s=10).wait(timeout=60)
        assert outcome.result == "completed", outcome
    assert said("--version").startswith(f"{COMMAND} ")
    offline = ("plan", "--input", "-", "--output", "json", "--abs-conn-threshold", "10")
    assert json.loads(said(*offline, told=json.dumps(counts.to_dict())))["decision"] == "start"
    sys.stdout.write(f"{outcome}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
