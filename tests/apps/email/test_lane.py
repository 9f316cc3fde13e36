"""What a dispatcher does beyond handing over: it heeds limits per destination, and buries addresses that are gone."""

import pytest

from actors.broker import Ack, Nack
from actors.smtp import Handover, Outcome
from apps.people.suppression import suppressions
from tests.apps.email.test_dispatcher import job, lane

__all__ = ["lane"]

limited = [{"domain": "example.org", "concurrency": 2}]


@pytest.mark.parametrize("lane", [{"mta": {"domains": limited}}], indirect=True)
def test_what_a_domain_does_not_take_now_is_parked_at_the_broker_unclaimed(lane):
    tags = lane.deliver(job(1), job(2), job(3))
    batch = lane.handed.expect(Handover)
    assert [envelope.key for envelope in batch.envelopes] == [job(1).key, job(2).key]
    parked = lane.settled.expect(Nack)
    assert (parked.tags, parked.delay_seconds) == ((tags[2],), 1.0)
    assert lane.entry(job(3)) is None
    lane.answer(batch, Outcome.ACCEPTED)
    lane.settled.expect(Ack)
    lane.deliver(job(3), redelivered=True)
    assert [envelope.key for envelope in lane.handed.expect(Handover).envelopes] == [job(3).key]


@pytest.mark.parametrize("lane", [{"mta": {"domains": [{"domain": "*", "mails": 3, "seconds": 3600}]}}], indirect=True)
def test_a_rate_that_nobody_has_used_before_counts_as_used_up(lane):
    lane.deliver(job(1))
    assert lane.settled.expect(Nack).delay_seconds > 3000
    assert lane.entry(job(1)) is None


@pytest.mark.parametrize("lane", [{"mta": {"pause_after": 2}}], indirect=True)
def test_a_domain_that_defers_everything_rests(lane):
    lane.deliver(job(1), job(2))
    lane.answer(lane.handed.expect(Handover), Outcome.DEFERRED, 451, "4.7.1")
    for _ in range(2):
        lane.settled.expect(Nack)
    lane.deliver(job(3))
    assert 20 < lane.settled.expect(Nack).delay_seconds <= 30
    assert lane.entry(job(3)) is None


@pytest.mark.parametrize(("enhanced", "suppressed"), [("5.1.1", True), ("5.7.1", False), (None, False)])
def test_an_address_that_does_not_exist_gets_no_more_mail_and_one_refused_by_policy_does(lane, enhanced, suppressed):
    lane.deliver(job(1))
    lane.answer(lane.handed.expect(Handover), Outcome.REFUSED, 550, enhanced)
    lane.settled.expect(Ack)
    assert lane.entry(job(1)).enhanced == enhanced
    with lane.database.read() as conn:
        found = suppressions(conn, job(1).address)
    assert [entry.reason for entry in found] == (["hard_bounce"] if suppressed else [])
    if suppressed:
        assert found[0].evidence == {"mail": job(1).key, "enhanced": "5.1.1", "reply": "550 5.1.1 said the server"}
