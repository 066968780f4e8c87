"""What Argo CD makes of a Rebalance, in the Lua that it runs."""

from typing import Any

import pytest
from chart import HERE
from lupa import lua51

HEALTH = (HERE / "argocd" / "health.lua").read_text()


def health(status: dict[str, Any] | None) -> tuple[str, str]:
    lua = lua51.LuaRuntime()
    lua.globals().obj = lua.table_from({"status": status} if status else {}, recursive=True)
    found = lua.execute(HEALTH)
    return found["status"], found["message"]


def condition(kind: str, reason: str, message: str = "", status: str = "True") -> dict[str, str]:
    return {"type": kind, "reason": reason, "message": message, "status": status}


#: A status as the controller writes it, and what is to be seen of it.
STATUSES: dict[str, tuple[dict[str, Any] | None, tuple[str, str]]] = {
    "new": (None, ("Progressing", "nobody has looked at it yet")),
    "waiting for EMQX": (
        {"conditions": [condition("Waiting", "EmqxUnreachable", "no answer")]},
        ("Progressing", "no answer"),
    ),
    "waiting for a word": (
        {
            "conditions": [
                condition("Waiting", "ApprovalRequired", "say yes"),
                condition("Planned", "Planned"),
            ]
        },
        ("Suspended", "say yes"),
    ),
    "too old": (
        {"conditions": [condition("Waiting", "OlderThanController", "adopt it")]},
        ("Suspended", "adopt it"),
    ),
    "not to be read": (
        {"conditions": [condition("Waiting", "Unreadable", "spec: it is missing")]},
        ("Degraded", "spec: it is missing"),
    ),
    "no right": (
        {
            "conditions": [condition("Waiting", "KubernetesRefuses", "forbidden")],
            "phase": "Processing",
        },
        ("Degraded", "forbidden"),
    ),
    "dry run": (
        {"conditions": [condition("Planned", "Planned", "1 run")]},
        ("Suspended", "1 run"),
    ),
    "processing": (
        {"conditions": [condition("Processing", "Rebalancing", "53%")], "phase": "Processing"},
        ("Progressing", "53%"),
    ),
    "completed": (
        {
            "phase": "Completed",
            "conditions": [
                condition("Completed", "Completed", "level"),
                condition("Ended", "Completed", "level"),
                condition("Processing", "Completed", status="False"),
            ],
        },
        ("Healthy", "level"),
    ),
    "failed": (
        {"phase": "Failed", "conditions": [condition("Failed", "Stopped", "it was stopped")]},
        ("Degraded", "it was stopped"),
    ),
    "evacuated": (
        {
            "phase": "Empty",
            "conditions": [
                condition("Empty", "SafeToStop", "nobody is there"),
                condition("Ready", "SafeToStop"),
            ],
        },
        ("Healthy", "nobody is there"),
    ),
    "ended by EMQX's operator": (
        {"phase": "Completed", "conditions": [{"type": "Completed", "status": "True"}]},
        ("Healthy", ""),
    ),
}


@pytest.mark.parametrize(("status", "expected"), STATUSES.values(), ids=STATUSES)
def test_every_status_has_its_health(
    status: dict[str, Any] | None, expected: tuple[str, str]
) -> None:
    assert health(status) == expected
