"""What the tests of the chart share: the chart's folder, and `kubectl` on the cluster of KUBECONFIG."""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

Kubectl = Callable[..., str]


@pytest.fixture(scope="session")
def kubectl() -> Kubectl:
    """Runs `kubectl` and answers what it prints; an error fails the test."""

    def run(*args: str, stdin: str | None = None) -> str:
        command = ["kubectl", *args]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout.strip()

    return run


@pytest.fixture
def namespace(kubectl: Kubectl) -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"chart-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


def objects(kubectl: Kubectl, *args: str) -> list[dict[str, Any]]:
    """The objects that `kubectl get` finds."""
    found: list[dict[str, Any]] = json.loads(kubectl("get", *args, "--output=json"))["items"]
    return found
