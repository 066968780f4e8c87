"""The whole job through urllib: for programs that may only use an HTTP client of their own.

python own_http_urllib.py http://emqx:18083 KEY SECRET
"""

import http.client
import sys
import time
import urllib.request
from typing import Any, TypeVar

from emqx_rebalance import sansio

T = TypeVar("T")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class AsItCame(urllib.request.HTTPErrorProcessor):
    """Takes every answer, whatever its status: to follow a redirect would send the secret on."""

    def http_response(self, request: Any, response: Any) -> Any:
        """The answer to a request."""
        return response

    https_response = http_response


OPENER = urllib.request.build_opener(AsItCame)


def send(request: sansio.Request) -> sansio.Answer:
    body = None if request.body is None else request.body.encode()
    call = urllib.request.Request(request.url, body, dict(request.headers), method=request.method)
    try:
        with OPENER.open(call, timeout=request.timeout_ms / 1000) as answer:
            return request.answered(answer.status, answer.read())
    except TimeoutError as error:
        return request.failed("timeout", error)
    except OSError as error:
        return request.failed("unreachable", error)
    except http.client.HTTPException as error:
        return request.failed("protocol", error)


def ask(talk: sansio.Talk[T]) -> T:
    step = talk.step(now_ms())
    while not talk.is_done:
        if not step.requests and step.wake_at_ms is not None:
            time.sleep(max(step.wake_at_ms - now_ms(), 0) / 1000)
        step = talk.step(now_ms(), [send(request) for request in step.requests])
    return talk.result


def drive(driver: sansio.Driver) -> None:
    step = driver.step(now_ms())
    while step.wake_at_ms is not None:
        if not step.requests:
            time.sleep(max(step.wake_at_ms - now_ms(), 0) / 1000)
        step = driver.step(now_ms(), [send(request) for request in step.requests])
        for event in step.events:
            print(event)


def main(url: str, key: str, secret: str) -> int:
    cluster = sansio.Cluster(url, api_key=key, api_secret=secret)
    plan = ask(
        cluster.plan(
            conn_evict_rate=20,
            wait_health_check=1,
            wait_takeover=1,
            abs_conn_threshold=100,
            rel_conn_threshold=1.01,
        )
    )
    print(repr(plan))
    driver = cluster.start(plan, reason="urllib", poll_interval_ms=200)
    drive(driver)
    return 0 if driver.outcome is not None and driver.outcome.is_success else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
