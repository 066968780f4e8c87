"""For cron, Airflow and CI: levels the cluster if it is worth it, and says how by its exit code.

    0  level, or nothing had to be done
    1  it ended otherwise: look at the log
    2  the arguments or variables are wrong
    3  the cluster cannot be reached, or does not allow it

A job that was killed is taken up where it was: its state is in a file, and EMQX went on by itself.

    NIGHTLY_STATE=/var/lib/emqx/nightly.json python nightly.py

In Airflow: ``PythonOperator(task_id="rebalance", python_callable=nightly.job, retries=3)``. It
fails unless the cluster is level, and a retry takes up what was cut off.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Any

from emqx_rebalance import Cluster, ConfigInvalidError, OutcomeKind, RebalanceError, Run

log = logging.getLogger("nightly")

#: The fullest node this share over the mean is good enough.
WORTH_IT = 0.10


class NotLevelError(Exception):
    """The rebalance ended, and the cluster is not level."""


def job() -> dict[str, Any]:
    """Levels the cluster of the variables, or goes on with what an earlier try began. Returns the
    outcome as JSON has it.
    """
    cluster = Cluster.from_env()
    state = Path(os.environ.get("NIGHTLY_STATE", "nightly.json"))
    run = taken_up(cluster, state) or begun(cluster, state)
    if run is None:
        return {"result": str(OutcomeKind.ALREADY_BALANCED)}
    outcome = run.wait()
    state.unlink(missing_ok=True)
    if not outcome.is_success:
        raise NotLevelError(str(outcome))
    return outcome.to_dict()


def taken_up(cluster: Cluster, state: Path) -> Run | None:
    """What an earlier try began, if it was cut off."""
    if not state.exists():
        return None
    try:
        run = cluster.resume(state)
    except ValueError as error:
        # Nobody can go on from it. EMQX does by itself, and refuses a start until it is done.
        damaged = state.replace(state.with_suffix(".damaged"))
        log.error("no state can be read, so a new plan is made: look at %s: %s", damaged, error)
        return None
    log.info("an earlier try was cut off: going on with it")
    return run


def begun(cluster: Cluster, state: Path) -> Run | None:
    """A new rebalance, if it is worth it."""
    wait = os.environ.get("NIGHTLY_WAIT", "60s")
    strategy = {
        "conn_evict_rate": os.environ.get("NIGHTLY_RATE", "200"),
        "wait_health_check": wait,
        "wait_takeover": wait,
    }
    plan = cluster.plan(mode="level", strategy=strategy)
    if plan.balance.before.over <= WORTH_IT or not plan.is_needed:
        log.info("nothing to do: %s", plan.balance.before)
        return None
    log.info("%r", plan)
    return cluster.start(plan, reason="nightly", who="cron", state=state, max_missing_percent=5)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        job()
    except NotLevelError as error:
        log.error("%s", error)
        return 1
    except ConfigInvalidError as error:
        log.error("%s", error)
        return 2
    except RebalanceError as error:
        log.error("%s: %s", error.kind, error)
        return 3 if error.retryable or isinstance(error, PermissionError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
