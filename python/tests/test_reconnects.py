"""How dropped clients come back: profiles, names and delays, and what forecasts say of them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from emqx_rebalance import (
    ConfigInvalidError,
    EvacuationPlan,
    Forecast,
    NamedProfile,
    Plan,
    ReconnectProfile,
    Snapshot,
    plan,
    plan_evacuation,
)

CLUSTER = Snapshot.of({"emqx@a": 6000, "emqx@b": 0, "emqx@c": 0})
FLEET = ((0.5, 0), (1.5, 0.5), (10, 0.5), (60, 0.9))


def told(made: Plan) -> ReconnectProfile:
    profile = made.asked.options.reconnect
    assert isinstance(profile, ReconnectProfile)
    return profile


def test_a_profile_is_told_in_full_by_name_or_as_a_delay() -> None:
    profile = ReconnectProfile(FLEET)
    in_full = [plan(CLUSTER, reconnect=profile), plan(CLUSTER, reconnect={"points": FLEET})]
    assert in_full[0] == in_full[1]
    assert told(in_full[0]) == profile
    assert told(in_full[0]).points == FLEET
    named = [plan(CLUSTER, reconnect=word) for word in (NamedProfile.HIVEMQ, "hivemq")]
    assert told(named[0]).name is NamedProfile.HIVEMQ
    assert named[0] == named[1]
    for delay in (90, 90.0, "90", "1m30s"):
        assert told(plan(CLUSTER, reconnect=delay)).points == ((45, 0), (135, 1))


def test_a_forecast_says_who_is_back_when() -> None:
    made: list[Plan | EvacuationPlan] = [
        plan(CLUSTER, mode="level", reconnect={"points": FLEET}),
        plan_evacuation(CLUSTER, "emqx@a", reconnect={"points": FLEET}),
    ]
    for forecast in (one.forecast for one in made):
        assert 0 < forecast.missing < forecast.disconnects
        assert forecast.back_s > 0
        assert forecast.peak.away == max(forecast.curve.away)
        assert forecast.peak.reconnects >= forecast.peak.node_reconnects > 0
        assert len(forecast.curve.away) == len(forecast.curve.times_s)
    earlier = made[0].forecast.to_dict()
    for field in ("back_s", "missing", "peak"):
        del earlier[field]
    assert Forecast.from_dict(earlier).peak.away == 0


def test_a_profile_is_kept_copied_and_shown(tmp_path: Path) -> None:
    profile = ReconnectProfile(((1, 0), (2, 0.5)))
    profile.save(tmp_path / "fleet.json")
    assert ReconnectProfile.load(tmp_path / "fleet.json") == profile
    assert pickle.loads(pickle.dumps(profile)) == profile
    assert repr(profile) == "ReconnectProfile(((1, 0), (2, 0.5),))"
    assert profile.to_dict() == {"version": 1, "points": [[1, 0], [2, 0.5]]}


def test_what_is_wrong_is_named_with_its_place_and_bound() -> None:
    with pytest.raises(ConfigInvalidError) as error:
        ReconnectProfile(((1, 0.5), (0.5, 0.4)))
    assert [problem.field for problem in error.value.problems] == ["points[1][0]", "points[1][1]"]
    with pytest.raises(ConfigInvalidError) as error:
        plan(CLUSTER, conn_evict_rate=0, reconnect={"points": [(1, 2)]})
    fields = [problem.field for problem in error.value.problems]
    assert fields == ["conn_evict_rate", "reconnect.points[0][1]"]
    with pytest.raises(ConfigInvalidError, match="left out where `reconnect`"):
        plan(CLUSTER, reconnect="mqtt_js", reconnect_delay_s=2)
