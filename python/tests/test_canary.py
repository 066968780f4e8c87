"""Secrets are planted wherever a user may give one, and looked for in all that comes out."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from conftest import FAST, QUICK, in_repository, server

from emqx_rebalance import AsyncCluster, Cluster, EmbeddedCluster, RebalanceError, sansio

LIST = json.loads(in_repository("tests/canary/secrets.json").read_text(encoding="utf-8"))
SECRETS: dict[str, str] = LIST["secrets"]
KEY, USER = LIST["api_key"], LIST["username"]


def told(secret: str) -> dict[str, Any]:
    """Every way to say who asks."""
    ways: dict[str, dict[str, Any]] = {
        "api_secret": {"api_key": KEY, "api_secret": SECRETS["api_secret"]},
        "password": {"username": USER, "password": SECRETS["password"]},
        "token": {"token": SECRETS["token"]},
    }
    return ways[secret]


def none_in(what: str, *texts: object) -> None:
    """None of the list is in ``texts``, as it is or in base64, at any of its three offsets."""
    for text in map(str, texts):
        for name, secret in SECRETS.items():
            assert secret not in text, f"{name} in {what}"
            for offset in range(3):
                whole = base64.b64encode(b" " * offset + secret.encode()).decode()
                # What stands before and after it changes the first and the last characters.
                assert whole[4 * (offset > 0) : -4] not in text, f"{name} in {what}, in base64"


def shown(error: BaseException) -> tuple[str, ...]:
    """All that can be seen of an error."""
    lines = "".join(traceback.format_exception(error))
    own = json.dumps(error.to_dict()) if isinstance(error, RebalanceError) else ""
    return str(error), repr(error), lines, own, str(vars(error))


@pytest.mark.parametrize("way", ["api_secret", "password"])
def test_a_rebalance_leaves_no_secret_anywhere(
    way: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = {
        "api_key": KEY,
        "api_secret": SECRETS["api_secret"],
        "username": USER,
        "password": SECRETS["password"],
    }
    state, history = tmp_path / "state", tmp_path / "history"
    events: list[object] = []
    with Cluster.embedded(clients=[300, 300, 300, 0], credentials=credentials) as embedded:
        cluster = Cluster(embedded.embedded.urls, **told(way))
        plan = cluster.plan(**FAST)
        run = cluster.start(plan, state=state, on_event=events.append, **QUICK)
        outcome = run.wait(timeout=60)
        assert outcome.result == "completed", outcome.detail
        record = run.record
        assert record is not None
        page = run.report()
        values = [embedded, embedded.embedded, cluster, plan, run, outcome, run.status, record]
        none_in("what can be printed", *map(repr, values), *map(str, values), *map(repr, events))
        none_in("what can be listed", *(dir(value) for value in values), *map(vars_of, values))
        none_in("JSON", *(json.dumps(value.to_dict()) for value in (plan, record, outcome)), page)
    history.write_text(json.dumps(record.to_dict()), encoding="utf-8")
    none_in("a file", *(file.read_text(encoding="utf-8") for file in tmp_path.iterdir()))
    none_in("the log", caplog.text)


def vars_of(value: object) -> str:
    """What a debugger shows first."""
    return str(getattr(value, "__dict__", ""))


@pytest.mark.parametrize("way", ["api_secret", "password", "token"])
def test_who_is_refused_is_not_told_by_what(cluster: EmbeddedCluster, way: str) -> None:
    with pytest.raises(RebalanceError) as caught:
        Cluster(cluster.embedded.urls, **told(way)).snapshot()
    assert caught.value.kind == "unauthorized"
    none_in("the error", *shown(caught.value))


@pytest.mark.parametrize("way", ["api_secret", "password", "token"])
def test_a_server_that_repeats_what_it_was_asked_gets_no_secret_into_an_error(way: str) -> None:
    secret = SECRETS[way]
    header = base64.b64encode(f"{KEY}:{secret}".encode()).decode()
    body = f"you said {secret}" + (f" and {header}" if way == "api_secret" else "")
    answer = f"HTTP/1.1 500 No\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n{body}"
    with server(answer.encode()) as url, pytest.raises(RebalanceError) as caught:
        Cluster(url, request_timeout=5, **told(way)).snapshot()
    none_in("the error", *shown(caught.value))


@pytest.mark.parametrize("kind", [Cluster, AsyncCluster, sansio.Cluster])
def test_what_is_refused_at_once_shows_no_secret(kind: type) -> None:
    secret = SECRETS["api_secret"]
    wrong: list[dict[str, Any]] = [
        {"api_secret": secret},
        {"api_key": KEY, "api_secret": secret.encode()},
        {"api_key": KEY, "api_secret": secret, "token": SECRETS["token"]},
        {"api_key": KEY, "api_secret": secret, "request_timeout": "soon"},
        {"api_key": KEY, "api_secret": secret, "retries": 3},
    ]
    for arguments in wrong:
        with pytest.raises((RebalanceError, TypeError, ValueError)) as caught:
            kind("http://127.0.0.1:1", **arguments)
        none_in("the error", *shown(caught.value))


def test_a_url_with_a_secret_is_refused_without_it() -> None:
    url = f"http://user:{SECRETS['url_password']}@127.0.0.1:1"
    with pytest.raises(RebalanceError) as caught:
        Cluster(url, **told("api_secret")).snapshot()
    none_in("the error", *shown(caught.value))


def test_a_cluster_is_not_copied_into_a_file() -> None:
    cluster = Cluster("http://127.0.0.1:1", **told("api_secret"))
    for keep in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            keep(cluster)
        none_in("the error", *shown(caught.value))
