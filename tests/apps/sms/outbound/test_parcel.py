"""What follows from the answers to the pieces of a text."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.port import Accepted, InDoubt, Outcome, Refused, Throttled, Unsent, Verdict
from apps.sms.outbound.parcel import Parcel, Result, answers
from apps.sms.outbound.pieces import cut, keys_of
from apps.sms.states import Lane, TextState
from tests.apps.sms.outbound.test_pieces import SPLITS, text

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NO = Refused("30003", "unreachable")
BUSY = Refused("30002", "busy", permanent=False)


def parcel(pieces: int = 1, **more: Any) -> Parcel:
    one = text("a" * (153 * pieces if pieces > 1 else 1), **more)
    return Parcel(one, cut(one, SPLITS, 10), keys_of("c", one))


def answered(one: Parcel, *verdicts: Verdict) -> Result:
    for verdict in verdicts:
        one.told(one.hand().number, verdict)
    assert one.over
    return one.result((), attempts=3, retry_seconds=10.0, now=NOW)


def test_all_pieces_accepted_is_handed() -> None:
    found = answered(parcel(2), Accepted("x1"), Accepted("x2"))
    assert found.state is TextState.HANDED
    assert [(part.number, part.carrier_id, part.state) for part in found.parts] == [
        (1, "x1", TextState.HANDED),
        (2, "x2", TextState.HANDED),
    ]


@pytest.mark.parametrize("verdict", [Throttled("88"), Unsent("the link is gone")])
def test_what_did_not_leave_goes_back_without_counting_as_an_attempt(verdict: Verdict) -> None:
    found = answered(parcel(3), Accepted("x1"), verdict)
    assert (found.state, found.uncounted, found.due_at) == (TextState.QUEUED, True, None)
    assert [part.number for part in found.parts] == [1]


def test_a_temporary_refusal_waits_longer_each_time_and_ends_as_a_refusal() -> None:
    first, second = answered(parcel(), BUSY), answered(parcel(attempts=1), BUSY)
    assert (first.state, first.due_at) == (TextState.QUEUED, NOW + timedelta(seconds=10))
    assert (second.due_at, second.uncounted) == (NOW + timedelta(seconds=20), False)
    last = answered(parcel(attempts=2), BUSY)
    assert last.state is TextState.REJECTED and "given up after 3 attempts: busy" in str(last.reason)


def test_a_refusal_ends_it_and_what_the_carrier_has_already_waits_for_its_receipts() -> None:
    assert answered(parcel(), NO).state is TextState.REJECTED
    found = answered(parcel(3), Accepted("x1"), NO)
    assert found.state is TextState.HANDED and str(found.reason).startswith("30003")
    assert [part.state for part in found.parts] == [TextState.HANDED, TextState.REJECTED, TextState.REJECTED]


def test_an_opt_out_is_told() -> None:
    assert answered(parcel(), Refused("21610", "opted out", opted_out=True)).opted_out


def test_a_doubt_stays_one_unless_its_lane_is_sent_again() -> None:
    found = answered(parcel(2), Accepted("x1"), InDoubt("no answer"))
    assert (found.state, found.reason) == (TextState.IN_DOUBT, "no answer")
    assert [part.state for part in found.parts] == [TextState.HANDED, TextState.IN_DOUBT]
    again = parcel(lane=Lane.CONFIRMATION)
    again.told(again.hand().number, InDoubt("no answer"))
    sent = again.result((Lane.CONFIRMATION,), 3, 10.0, NOW)
    assert sent.state is TextState.QUEUED and sent.doubted and sent.parts == ()


def test_what_never_fits_fails() -> None:
    one = parcel()
    one.fail("3 units of 1")
    assert one.over and one.result((), 3, 10.0, NOW).state is TextState.FAILED


def test_only_answers_end_a_doubt() -> None:
    outcomes = [Outcome("k", 1, one) for one in (Accepted("x1"), NO, Throttled("88"), InDoubt("still"), Unsent("no"))]
    assert [part.state for part in answers("c", outcomes)] == [TextState.HANDED, TextState.REJECTED]


@given(st.lists(st.sampled_from([Accepted("x"), Throttled("88"), NO, BUSY, InDoubt("?"), Unsent("!")]), min_size=3))
def test_a_piece_that_somebody_may_have_is_never_sent_again(verdicts: list[Verdict]) -> None:
    one = parcel(3)
    for verdict in verdicts:
        if one.over:
            break
        one.told(one.hand().number, verdict)
    if not one.over:
        return
    found = one.result((), 3, 10.0, NOW)
    maybe = {number for number, verdict in one.verdicts.items() if isinstance(verdict, Accepted | InDoubt)}
    assert maybe <= {part.number for part in found.parts}
