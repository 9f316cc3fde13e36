"""The deadline between clocks that agree and clocks that do not; what fits a contract and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.broker import Message
from actors.rpc import contract, wire
from actors.rpc.errors import RemoteError, Undecodable, WrongContract, WrongType
from tests.actors.rpc.harness import TYPE, Echo, Text

SECONDS = st.floats(0.001, 3600)


def headers(sent, timeout, clock):
    return {"deadline": sent + timeout, "timeout": timeout, "clock": clock}


@given(SECONDS, SECONDS)
def test_on_one_clock_the_deadline_is_exact(timeout, passed):
    left = wire.left_seconds(headers(1000.0, timeout, wire.clock_id()), 1000.0 + passed, max_skew_seconds=5.0)
    assert left == pytest.approx(max(0.0, timeout - passed), abs=1e-6)


@given(SECONDS, SECONDS, st.floats(-2.0, 2.0))
def test_clocks_within_the_skew_never_end_what_is_awaited(timeout, passed, skew):
    left = wire.left_seconds(headers(1000.0, timeout, "elsewhere"), 1000.0 + passed + skew, max_skew_seconds=2.0)
    assert left >= min(timeout, timeout - passed) - 1e-6
    assert left <= timeout


@given(SECONDS, st.floats(-1e6, 1e6))
def test_no_clock_however_wrong_gives_a_request_more_than_it_asked_for(timeout, skew):
    assert wire.left_seconds(headers(1e6, timeout, "elsewhere"), 1e6 + skew, max_skew_seconds=1.0) <= timeout


NAN = float("nan")


@pytest.mark.parametrize(
    "broken",
    [{}, {"deadline": 5.0}, {"deadline": "soon", "timeout": 1.0}, {"deadline": NAN, "timeout": 1.0}],
)
def test_a_request_without_a_deadline_is_expired(broken):
    assert wire.left_seconds(broken, 0.0, 1.0) == 0.0


def test_handlers_must_fit_the_contract():
    class Half:
        def Say(self, request):
            return request

    contract.check(Echo.contract, Echo)
    with pytest.raises(WrongContract, match="Half lacks Slowly, Charge"):
        contract.check(Echo.contract, Half)


@pytest.mark.parametrize("told", ["abc", None, [1], 0, 99_999])
def test_an_error_that_makes_no_sense_is_an_error_all_the_same(told):
    with pytest.raises(RemoteError, match="no room") as caught:
        wire.read_reply(Message(b"", type=wire.ERROR, headers={"detail": "no room", "status": told, "exit_code": told}))
    assert (caught.value.status, caught.value.exit_code) == (500, 1)


def test_replies_of_unknown_types_are_told():
    assert contract.decode_reply(TYPE, Text(value="x").SerializeToString()) == Text(value="x")
    with pytest.raises(WrongType, match="nobody here knows"):
        contract.decode_reply("tests.NoSuch", b"")
    with pytest.raises(Undecodable):
        contract.decode_reply(TYPE, b"\xff\xff")
