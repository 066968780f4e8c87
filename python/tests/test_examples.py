"""Every example and every line of Python that people read, run as they would run it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import FAST, QUICK, ROOT, http, in_repository, server, until_started

from emqx_rebalance import Cluster, EmbeddedCluster, UnreachableError, sansio

EXAMPLES = in_repository("examples/python")


def run(
    name: str, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EMQX_")}
    environ = {**clean, "NO_PROXY": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return subprocess.run(line, capture_output=True, text=True, timeout=90, env=environ)


def example(name: str) -> Any:
    """The example, imported as another program would."""
    spec = importlib.util.spec_from_file_location(Path(name).stem, EXAMPLES / name)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def access(cluster: EmbeddedCluster) -> dict[str, str]:
    return {
        "EMQX_URL": ",".join(cluster.urls),
        "EMQX_API_KEY": cluster.embedded.api_key,
        "EMQX_API_SECRET": cluster.embedded.api_secret,
        "NIGHTLY_RATE": "20",
        "NIGHTLY_WAIT": "1s",
    }


def test_all_are_tried() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for file in EXAMPLES.glob("*.py"):
        assert f'"{file.name}"' in source, file.name


def test_the_scale_out_job() -> None:
    done = run("scale_out.py", "--rate", "75", "--wait", "1s")
    assert done.returncode == 0, done.stderr
    assert "completed: the runs ended" in done.stdout and "s to go" in done.stderr


def test_the_nightly_job_and_its_exit_codes(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    env = {**access(cluster), "NIGHTLY_STATE": str(state)}
    done = run("nightly.py", env=env)
    assert done.returncode == 0, done.stderr
    assert "completed" in done.stderr and not state.exists()
    again = run("nightly.py", env=env)
    assert again.returncode == 0 and "nothing to do" in again.stderr
    assert run("nightly.py", env={"NIGHTLY_STATE": str(state)}).returncode == 2
    assert run("nightly.py", env={**env, "EMQX_API_SECRET": "wrong"}).returncode == 3
    assert run("nightly.py", env={**env, "EMQX_URL": "http://127.0.0.1:9"}).returncode == 3


def test_the_nightly_job_goes_on_where_it_was(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    begun = cluster.start(cluster.plan(**FAST), reason="cut off", **QUICK)
    until_started(begun)
    begun.detach()
    state = tmp_path / "state.json"
    state.write_text(json.dumps(begun.state), encoding="utf-8")
    done = run("nightly.py", env={**access(cluster), "NIGHTLY_STATE": str(state)})
    assert done.returncode == 0, done.stderr
    assert "going on with it" in done.stderr and "completed" in done.stderr


def test_the_nightly_job_as_airflow_calls_it(
    cluster: EmbeddedCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly, state = example("nightly.py"), tmp_path / "state.json"
    for name, value in {**access(cluster), "NIGHTLY_STATE": str(state)}.items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as wrong:
        wrong.setenv("EMQX_URL", "http://127.0.0.1:9")
        with pytest.raises(UnreachableError):
            nightly.job()
    # Somebody stops what a try began that was cut off.
    cut_off = cluster.start(cluster.plan(**FAST), state=state, **QUICK)
    until_started(cut_off)
    cut_off.detach()
    cluster.stop()
    with pytest.raises(nightly.NotLevelError, match=r"stopped|vanished"):
        nightly.job()
    assert not state.exists()
    assert json.loads(json.dumps(nightly.job()))["result"] == "completed"
    assert nightly.job() == {"result": "already_balanced"}


def test_the_nightly_job_says_what_is_wrong(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    env = {**access(cluster), "NIGHTLY_STATE": str(state)}
    bad = run("nightly.py", env={**env, "NIGHTLY_RATE": "fast"})
    assert bad.returncode == 2 and "`conn_evict_rate` is `fast`" in bad.stderr
    for damaged in (b'{"version": 1, "ru', b"\xff\xfe"):
        state.write_bytes(damaged)
        done = run("nightly.py", env=env)
        assert done.returncode == 0, done.stderr
        kept = state.with_suffix(".damaged")
        assert str(kept) in done.stderr and kept.read_bytes() == damaged
        assert not state.exists()


@contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """A server that takes down what it is told."""
    told: list[str] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.append(json.loads(body)["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as listener:
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_port}/hook", told
        finally:
            listener.shutdown()
            thread.join()


def test_the_job_that_tells_a_webhook_and_keeps_a_page(
    cluster: EmbeddedCluster, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    env = {**access(cluster), "REBALANCE_WAIT": "1s"}
    with webhook() as (hook, told):
        done = run("webhook.py", hook, str(page), env=env)
        assert done.returncode == 0, done.stderr
        assert told[0].startswith("<Plan (level)") and told[-1].startswith("completed: ")
        assert any(text.startswith("100 % of ") for text in told), told
        written = page.read_text(encoding="utf-8")
        assert written.endswith("</html>\n") and "✓ completed" in written
        assert "scale-out" in written and "measured" in written
        assert run("webhook.py", hook, str(page), env={}).returncode == 2
        assert run("webhook.py", hook, env=env).returncode == 2
        away = {**env, "EMQX_URL": "http://127.0.0.1:9"}
        assert run("webhook.py", hook, str(page), env=away).returncode == 3
    deaf = run("webhook.py", "http://127.0.0.1:9", str(page), env=env)
    assert deaf.returncode == 0 and "the webhook was not told" in deaf.stderr


def test_http_clients_of_one_s_own(cluster: EmbeddedCluster) -> None:
    key, secret = cluster.embedded.api_key, cluster.embedded.api_secret
    done = run("own_http_urllib.py", cluster.urls[0], key, secret)
    assert done.returncode == 0, done.stderr
    assert "completed" in done.stdout
    pytest.importorskip("httpx")
    done = run("own_http_httpx.py", cluster.urls[0], key, secret)
    assert done.returncode == 0, done.stderr
    assert "emqx4@127.0.0.1" in done.stdout


def test_http_clients_of_one_s_own_give_bad_answers_as_they_came() -> None:
    own = example("own_http_urllib.py").send
    sends = [own]
    if importlib.util.find_spec("httpx") is not None:
        sends.append(by_httpx)
    with server(http("200 OK", b"[]")) as other:
        elsewhere = http("302 Found", b"", f"location: {other}/stolen")
        zipped = http("200 OK", b"no gzip", "content-encoding: gzip")
        for send in sends:
            assert sent(send, elsewhere)["status"] == 302
            assert sent(send, http("404 Not Found", b"{}"))["status"] == 404
            assert sent(send, b"SSH-2.0-OpenSSH_9.2\r\n")["error"]["kind"] in NO_ANSWER
            assert sent(send, http("200 OK", b"[", length=9))["error"]["kind"] in NO_ANSWER
        for send in sends[1:]:
            assert sent(send, zipped)["error"]["kind"] == "protocol"


#: Whatever the client of one's own calls it: it is handed in, and asked again.
NO_ANSWER = ("protocol", "unreachable")


def sent(send: Callable[[sansio.Request], sansio.Answer], answer: bytes) -> sansio.Answer:
    """What ``send`` makes of an answer."""
    with server(answer) as url:
        cluster = sansio.Cluster(url, api_key="key", api_secret="secret")
        return send(cluster.snapshot().step(0).requests[0])


def by_httpx(request: sansio.Request) -> sansio.Answer:
    import httpx

    async def main() -> sansio.Answer:
        async with httpx.AsyncClient(follow_redirects=False) as client:
            answer: sansio.Answer = await example("own_http_httpx.py").send(client, request)
            return answer

    return asyncio.run(main())


def python_of(page: Path) -> list[str]:
    return re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("page", ["README.md", "python/README.md", "docs/python.md"])
def test_the_pages_lines_run_as_they_stand(page: str, tmp_path: Path) -> None:
    blocks = python_of(ROOT / page)
    assert blocks, f"no Python in {page}"
    if any(".plot()" in block for block in blocks):
        pytest.importorskip("matplotlib", reason="an extra, tried on the main version")
    with Cluster.embedded(nodes=4, clients=[300, 300, 300, 0]) as cluster:
        code = "\n".join(blocks)
        for written, real in (
            ("http://emqx:18083", cluster.urls[0]),
            ('api_key="…"', f'api_key="{cluster.embedded.api_key}"'),
            ('api_secret="…"', f'api_secret="{cluster.embedded.api_secret}"'),
        ):
            code = code.replace(written, real)
        file = tmp_path / "page.py"
        file.write_text(code, encoding="utf-8")
        env = {**os.environ, **access(cluster), "MPLBACKEND": "agg"}
        done = subprocess.run(
            [sys.executable, str(file)],
            capture_output=True,
            text=True,
            timeout=110,
            cwd=tmp_path,
            env=env,
        )
    assert done.returncode == 0, done.stderr
