"""Servers that are not EMQX, or not well; and secrets, which nobody gets to see."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import http, server

from emqx_rebalance import (
    AsyncCluster,
    Cluster,
    ConfigInvalidError,
    EmbeddedCluster,
    ProtocolError,
    RebalanceError,
    RequestTimeoutError,
    UnauthorizedError,
    UnreachableError,
    sansio,
)

SECRET = "s3cr3t-of-the-key"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("200 OK", b"<html>log in</html>"), ProtocolError),
        (http("200 OK", b"[1, 2"), ProtocolError),
        (http("200 OK", b"\xff\xfe\x00garbage"), ProtocolError),
        (http("200 OK", b"[]", length=1 << 30), (ProtocolError, RequestTimeoutError)),
        (http("302 Found", b""), ProtocolError),
        (http("401 Unauthorized", b'{"code":"BAD_API_KEY_OR_SECRET"}'), UnauthorizedError),
        (http("500 Internal Server Error", b"boom"), RebalanceError),
        (b"", (ProtocolError, UnreachableError)),
        (b"SSH-2.0-OpenSSH_9.2\r\n", (ProtocolError, UnreachableError)),
    ],
    ids=["login page", "broken", "bytes", "short", "redirect", "key", "500", "closes", "ssh"],
)
def test_answers_that_are_not_emqx_s(answer: bytes, error: type[RebalanceError]) -> None:
    with server(answer) as url:
        cluster = Cluster(url, api_key="key", api_secret=SECRET, request_timeout=2)
        with pytest.raises(error) as caught:
            cluster.snapshot()
        assert SECRET not in str(caught.value) + repr(caught.value.to_dict())


def test_an_answer_of_a_gigabyte_is_cut_off() -> None:
    body = b"[" + b" " * (40 << 20)
    with server(http("200 OK", body, length=1 << 30)) as url, pytest.raises(RebalanceError):
        Cluster(url, request_timeout=5).snapshot()


def test_a_server_that_hangs_is_left_in_time() -> None:
    with server(b"", hangs=True) as url:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            Cluster(url, request_timeout=0.2).snapshot()
        assert time.monotonic() - began < 5


def test_nobody_there() -> None:
    with pytest.raises(ConnectionError) as caught:
        Cluster("http://127.0.0.1:9").snapshot()
    assert isinstance(caught.value, UnreachableError) and caught.value.retryable


def test_a_wrong_key(cluster: EmbeddedCluster) -> None:
    wrong = Cluster(cluster.urls, api_key="emqx-rebalance", api_secret=SECRET)
    with pytest.raises(PermissionError) as caught:
        wrong.snapshot()
    assert isinstance(caught.value, UnauthorizedError) and SECRET not in str(caught.value)


def test_a_user_of_the_dashboard(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("public\n", encoding="utf-8")
    user = Cluster(cluster.urls[0], username="admin", password_file=file)
    assert user.snapshot().connections == 900


def test_variables_of_the_command_are_read(cluster: EmbeddedCluster) -> None:
    embedded = cluster.embedded
    environ = {
        "EMQX_URL": ",".join(embedded.urls),
        "EMQX_API_KEY": embedded.api_key,
        "EMQX_API_SECRET": embedded.api_secret,
        "EMQX_USERNAME": "",
    }
    assert Cluster.from_env(environ).snapshot().connections == 900
    assert len(AsyncCluster.from_env(environ, request_timeout=5).urls) == 4
    with pytest.raises(ConfigInvalidError, match="EMQX_URL"):
        Cluster.from_env({})
    with pytest.raises(ConfigInvalidError, match="api_secret"):
        Cluster.from_env({"EMQX_URL": "http://emqx:18083", "EMQX_API_KEY": "key"})


def test_arguments_that_contradict_each_other() -> None:
    url = "http://emqx:18083"
    contradictions: tuple[dict[str, Any], ...] = (
        {"api_key": "key"},
        {"api_secret": SECRET},
        {"api_key": "key", "api_secret": SECRET, "username": "u", "password": SECRET},
        {"token": SECRET, "username": "u", "password": SECRET},
        {"api_key": "key", "api_secret": SECRET, "api_secret_file": "/dev/null"},
        {"api_key": "key", "api_secret_file": "/dev/null"},
    )
    for arguments in contradictions:
        with pytest.raises(ConfigInvalidError) as caught:
            Cluster(url, **arguments)
        assert SECRET not in str(caught.value)
    with pytest.raises(ValueError, match=r"url\[1\]"):
        Cluster([url, "ftp://emqx"])
    with pytest.raises(ValueError, match="at least one URL"):
        Cluster([])
    with pytest.raises(ValueError, match="request_timeout"):
        Cluster(url, request_timeout=0)


def test_wrong_types_name_the_argument() -> None:
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"url": 5}, "url"),
        ({"url": "http://emqx", "api_key": 5, "api_secret": SECRET}, "api_key"),
        ({"url": "http://emqx", "api_key": "key", "api_secret": SECRET.encode()}, "api_secret"),
        ({"url": "http://emqx", "ca_cert": 5}, "ca_cert"),
        ({"url": "http://emqx", "request_timeout": "5"}, "request_timeout"),
        ({"url": "http://emqx", "node_urls": {5: "http://emqx"}}, "node_urls"),
        ({"url": "http://emqx", "node_urls": {"n": 5}}, r"node_urls\['n'\] must be a URL, not int"),
        ({"url": "http://emqx", "node_urls": "n"}, "node_urls must be a dict"),
    )
    for arguments, name in wrong:
        with pytest.raises(TypeError, match=name) as caught:
            Cluster(**arguments)
        assert SECRET not in str(caught.value)
    cluster = Cluster("http://127.0.0.1:9")
    with pytest.raises(TypeError, match="Did you mean 'conn_evict_rate'"):
        cluster.plan(conn_evict_rat=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="weights must be a dict by node name, not int"):
        cluster.plan(weights=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"weights\['a'\] must be a number, not str"):
        cluster.plan(weights={"a": "x"})  # type: ignore[dict-item]


def test_numbers_out_of_bounds_name_argument_value_and_bound() -> None:
    nan = float("nan")
    talk = sansio.Cluster("http://emqx").snapshot()
    calls: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: Cluster("http://emqx", request_timeout=nan), "`request_timeout` is `nan`"),
        (lambda: Cluster("http://emqx", start_timeout=-1), "`start_timeout` is `-1`"),
        (lambda: Cluster("http://emqx").plan(weights={"a": nan}), r"`weights\['a'\]` is `nan`"),
        (lambda: talk.step(-1), "`now_ms` is `-1`"),
        (lambda: talk.step(2**64), "`now_ms` is `18446744073709551616`"),
    )
    for call, text in calls:
        with pytest.raises(ConfigInvalidError, match=f"{text} but must be a") as caught:
            call()
        assert caught.value.problems


@pytest.mark.parametrize("kind", [Cluster, AsyncCluster, sansio.Cluster])
def test_nobody_sees_a_secret(kind: type[Cluster]) -> None:
    cluster = kind("http://emqx", api_key="key", api_secret=SECRET)
    inside = [cluster, cluster._connection, *vars(cluster).values()]
    for item in inside:
        assert SECRET not in repr(item) + str(item)
    for spill in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="pickle"):
            spill(cluster)
    with pytest.raises(ConfigInvalidError) as caught:
        kind(f"http://user:{SECRET}@emqx")
    assert SECRET not in str(caught.value) + repr(caught.value.to_dict())


def test_requests_hide_their_headers() -> None:
    cluster = sansio.Cluster("http://emqx", api_key="key", api_secret=SECRET)
    step = cluster.snapshot().step(0)
    assert step.requests[0].headers["authorization"].startswith("Basic ")
    assert "authorization" not in repr(step) and "Basic" not in repr(step)


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate", encoding="utf-8")
    files: tuple[dict[str, Any], ...] = ({"ca_cert": file}, {"client_cert": file})
    for arguments in (*files, {"ca_cert": "/no/such/file"}):
        with pytest.raises(ConfigInvalidError, match=r"ca_cert|client_"):
            Cluster("https://emqx", **arguments).snapshot()
