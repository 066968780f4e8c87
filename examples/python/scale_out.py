"""The job after a scale-out: plan, show, rebalance, watch, judge.

python scale_out.py                 # on an embedded cluster
EMQX_URL=… EMQX_API_KEY=… EMQX_API_SECRET=… python scale_out.py --reason "scale-out 41"
"""

import argparse
import os
import sys

from emqx_rebalance import Cluster, OutcomeKind, Status


def main() -> int:
    parser = argparse.ArgumentParser(description="Rebalance after a scale-out.")
    parser.add_argument("--reason", default="scale-out")
    parser.add_argument("--rate", type=int, default=100, help="clients per second of each donor")
    parser.add_argument("--wait", default="2s", help="for load balancers, and for clients")
    arguments = parser.parse_args()
    if "EMQX_URL" in os.environ:
        return rebalance(Cluster.from_env(), arguments)
    with Cluster.embedded(nodes=4, clients=[600, 600, 600, 0]) as cluster:
        return rebalance(cluster, arguments)


def rebalance(cluster: Cluster, arguments: argparse.Namespace) -> int:
    plan = cluster.plan(
        mode="level",
        load_balancer="round_robin",
        conn_evict_rate=arguments.rate,
        wait_health_check=arguments.wait,
        wait_takeover=arguments.wait,
    )
    print(plan)
    if plan.errors:
        return 1
    run = cluster.start(plan, reason=arguments.reason, on_event=print)
    for status in run.watch():
        show(status)
    outcome = run.wait()
    print(outcome)
    if outcome.balance is not None:
        print(outcome.balance)
    done = outcome.result in (OutcomeKind.COMPLETED, OutcomeKind.ALREADY_BALANCED)
    return 0 if done else 1


def show(status: Status) -> None:
    progress = status.progress
    left = "?" if progress.eta_s is None else progress.eta_s
    print(f"{progress.moved} of {progress.to_move} clients moved, {left} s to go", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
