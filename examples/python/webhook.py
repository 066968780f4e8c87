"""After a scale-out: levels the cluster, tells a webhook, keeps a page, and ends with a code.

    EMQX_URL=… EMQX_API_KEY=… EMQX_API_SECRET=… python webhook.py https://hooks.example/1 page.html

0: level. 1: it ended otherwise. 2: wrong arguments. 3: the cluster does not answer or allow it.
"""

import json
import os
import sys
import urllib.request

from emqx_rebalance import Cluster, ConfigInvalidError, RebalanceError

WAIT = os.environ.get("REBALANCE_WAIT", "60s")


def job(hook: str, page: str) -> int:
    with Cluster.from_env() as cluster:
        plan = cluster.plan(mode="level", wait_health_check=WAIT, wait_takeover=WAIT)
        tell(hook, repr(plan))
        run = cluster.start(plan, reason="scale-out", max_disconnects="1.1x")
        tenths = 0
        for status in run.watch():
            if status.progress.percent >= 10 * (tenths + 1):
                tenths = int(status.progress.percent / 10)
                tell(hook, f"{tenths * 10} % of {status.progress.to_move} clients moved")
        outcome = run.wait()
        run.report(page)
    tell(hook, str(outcome))
    return 0 if outcome.is_success else 1


def tell(hook: str, text: str) -> None:
    body, kind = json.dumps({"text": text}).encode(), {"content-type": "application/json"}
    try:
        urllib.request.urlopen(urllib.request.Request(hook, body, kind), timeout=5).close()
    except OSError as error:  # whoever listens is not why clients stay where they are
        print(f"the webhook was not told: {error}", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(job(*sys.argv[1:3]))
    except (ConfigInvalidError, TypeError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except RebalanceError as error:
        print(error, file=sys.stderr)
        sys.exit(3 if error.retryable or isinstance(error, PermissionError) else 1)
