"""Every word of the JSON contract: enumerations whose members are also text."""

from __future__ import annotations

from ._status import EvacuationPhase, JobKind
from ._value import Word
from ._words import (
    Decision,
    ErrorKind,
    FindingCode,
    Guard,
    LoadBalancer,
    LoadBalancerWord,
    Mode,
    ModeWord,
    NamedProfile,
    NodeStatus,
    OutcomeKind,
    Phase,
    Role,
    RunPhase,
    Severity,
)

__all__ = [
    "Decision",
    "ErrorKind",
    "EvacuationPhase",
    "FindingCode",
    "Guard",
    "JobKind",
    "LoadBalancer",
    "LoadBalancerWord",
    "Mode",
    "ModeWord",
    "NamedProfile",
    "NodeStatus",
    "OutcomeKind",
    "Phase",
    "Role",
    "RunPhase",
    "Severity",
    "Word",
]
