"""What may be given by name: the types of ``**options``, for those who pass them on.

::

    def nightly(cluster: Cluster, **options: Unpack[PlanOptions]) -> Plan:
        return cluster.plan(mode="level", **options)
"""

from __future__ import annotations

from ._options import DriverOptions, EvacuationOptions, PlanOptions
from ._run import OnEvent
from ._words import LoadBalancerWord, ModeWord

__all__ = [
    "DriverOptions",
    "EvacuationOptions",
    "LoadBalancerWord",
    "ModeWord",
    "OnEvent",
    "PlanOptions",
]
