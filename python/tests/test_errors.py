"""Errors: one class for each kind, and each what it is in Python too."""

from __future__ import annotations

import json
import pickle

import pytest

import emqx_rebalance as er
from emqx_rebalance import ErrorKind, RebalanceError, _errors, _native

PARENTS = {
    "config_invalid": (er.ConfigInvalidError, ValueError),
    "conflict": (er.ConflictError, RebalanceError),
    "forbidden": (er.ForbiddenError, PermissionError),
    "protocol": (er.ProtocolError, RebalanceError),
    "refused": (er.RefusedError, RebalanceError),
    "timeout": (er.RequestTimeoutError, TimeoutError),
    "unauthorized": (er.UnauthorizedError, PermissionError),
    "unknown_node": (er.UnknownNodeError, LookupError),
    "unreachable": (er.UnreachableError, ConnectionError),
    "unsupported": (er.UnsupportedError, NotImplementedError),
}


def test_the_kinds_are_the_core_s() -> None:
    kinds = dict(_native.error_kinds())
    assert set(kinds) == set(PARENTS) == {str(kind) for kind in ErrorKind}
    for kind, retryable in kinds.items():
        assert PARENTS[kind][0]._retryable == retryable


@pytest.mark.parametrize("kind", PARENTS)
def test_each_is_what_it_is(kind: str) -> None:
    own, parent = PARENTS[kind]
    data = {"kind": kind, "message": "it broke", "context": {"node": "a"}, "retryable": True}
    error = _errors.from_json(json.dumps(data))
    assert type(error) is own
    assert isinstance(error, parent) and isinstance(error, RebalanceError)
    assert str(error) == error.message == "it broke"
    assert (error.kind, error.context, error.retryable) == (kind, {"node": "a"}, True)
    assert error.kind is ErrorKind(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is own and again.to_dict() == error.to_dict() == data


def test_a_kind_of_the_future_is_still_a_rebalance_error() -> None:
    error = _errors.from_json('{"kind": "lunar", "message": "eclipse"}')
    assert type(error) is RebalanceError and error.kind == "lunar"


def test_problems_are_in_the_json() -> None:
    with pytest.raises(ValueError, match="conn_evict_rate") as caught:
        er.Strategy(conn_evict_rate=0)
    error = caught.value
    assert isinstance(error, er.ConfigInvalidError)
    assert error.context["field"] == "conn_evict_rate"
    assert error.to_dict()["problems"][0]["value"] == "0"
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
