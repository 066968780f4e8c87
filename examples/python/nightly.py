"""For cron, Airflow and CI: levels the cluster if it is worth it, and says how by its exit code.

    0  level, or nothing had to be done
    1  it ended otherwise: look at the log
    2  the arguments or variables are wrong
    3  the cluster cannot be reached, or does not allow it

A job that was killed is taken up where it was: its state is in a file, and EMQX went on by itself.

    NIGHTLY_STATE=/var/lib/emqx/nightly.json python nightly.py

In Airflow: ``PythonOperator(task_id="rebalance", python_callable=nightly.job, retries=3)``. A retry
resumes; ``job`` raises what a retry may help, so that Airflow tries again.
"""

import logging
import os
import sys
from pathlib import Path

from emqx_rebalance import Cluster, ConfigInvalidError, Outcome, RebalanceError

log = logging.getLogger("nightly")

#: The fullest node this share over the mean is good enough.
WORTH_IT = 0.10


def job(cluster: Cluster, state: Path) -> Outcome | None:
    """Levels ``cluster``, or goes on with what an earlier try began."""
    if state.exists():
        log.info("an earlier try was cut off: going on with it")
        run = cluster.resume(state)
    else:
        plan = cluster.plan(
            mode="level",
            conn_evict_rate=int(os.environ.get("NIGHTLY_RATE", "200")),
            wait_health_check=os.environ.get("NIGHTLY_WAIT", "60s"),
            wait_takeover=os.environ.get("NIGHTLY_WAIT", "60s"),
        )
        if plan.balance.before.over <= WORTH_IT or not plan.is_needed:
            log.info("nothing to do: %s", plan.balance.before)
            return None
        log.info("%r", plan)
        run = cluster.start(plan, reason="nightly", who="cron", state=state, max_missing_percent=5)
    outcome = run.wait()
    state.unlink(missing_ok=True)
    return outcome


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    state = Path(os.environ.get("NIGHTLY_STATE", "nightly.json"))
    try:
        outcome = job(Cluster.from_env(), state)
    except ConfigInvalidError as error:
        log.error("%s", error)
        return 2
    except RebalanceError as error:
        log.error("%s: %s", error.kind, error)
        return 3 if error.retryable or isinstance(error, PermissionError) else 1
    if outcome is None or outcome.is_success:
        return 0
    log.error("%s", outcome)
    return 1


if __name__ == "__main__":
    sys.exit(main())
