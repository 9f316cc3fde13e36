"""What may go to which domain: limits that hold, and rests that end."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.database import Unavailable
from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.sources import LocalSource
from actors.pipeline.rates.window import Rate
from actors.smtp import Outcome, Verdict
from actors.smtp.replies import Reply
from apps.email.config import DomainLimit, Mta, Retry
from apps.email.domains import ASK_AGAIN_SECONDS, LONGEST_REST_SECONDS, Domains, Mood, after, domain_of

RETRY = Retry.model_validate({"min_seconds": 30, "max_seconds": 7200})
ACCEPTED = Verdict("k", Outcome.ACCEPTED, Reply(250))
LATER = Verdict("k", Outcome.DEFERRED, Reply(451, "4.7.1"))
FULL = Verdict("k", Outcome.DEFERRED, Reply(452, "4.2.2"))
verdicts = st.sampled_from(
    [ACCEPTED, LATER, FULL, Verdict("k", Outcome.REFUSED, Reply(550)), Verdict("k", Outcome.UNSENT)]
)


class Rates:
    """The shared rates, in this process and on the test's clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.away = False
        self.asked = 0
        self._sources: dict[str, LocalSource] = {}

    def take(self, limit: DomainLimit, wanted: Mapping[str, Sequence[int]]) -> Permits:
        self.asked += 1
        if self.away:
            raise Unavailable("the database", "here")
        assert limit.mails is not None
        rate = Rate.of(limit.mails, limit.seconds)
        return self._sources.setdefault(limit.domain, LocalSource(rate, lambda: self.now)).take(wanted)


def book(*limits: DomainLimit, rates: Rates | None = None, pause_after: int = 3) -> Domains:
    config = Mta.model_validate({"domains": [limit.model_dump() for limit in limits], "pause_after": pause_after})
    return Domains(config, RETRY, (rates or Rates()).take)


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.lists(st.sampled_from(["a.example", "b.example"]), max_size=30), st.booleans()), max_size=20),
)
def test_no_more_than_so_many_are_out_at_once(concurrency: int, batches: list[tuple[list[str], bool]]) -> None:
    domains = book(DomainLimit(domain="*.example", concurrency=concurrency))
    out: dict[str, list[str]] = {}
    for number, (mails, ends) in enumerate(batches):
        waits = domains.admit(mails, 0.0)
        going = [mail for mail, wait in zip(mails, waits, strict=True) if not wait]
        out[str(number)] = going
        domains.began(str(number), going)
        counts = Counter(mail for batch in out.values() for mail in batch)
        assert max(counts.values(), default=0) <= concurrency
        for domain in set(mails) - set(going):
            assert counts[domain] == concurrency
        if ends:
            domains.ended(str(number))
            del out[str(number)]


@given(st.integers(1, 10), st.lists(st.tuples(st.integers(0, 15), st.floats(0.001, 1.5)), max_size=40))
def test_in_every_window_no_more_than_the_rate_says(mails: int, steps: list[tuple[int, float]]) -> None:
    rates = Rates()
    domains = book(DomainLimit(domain="a.example", mails=mails, seconds=2.0), rates=rates)
    went: list[float] = []
    for wanted, pause in steps:
        rates.now += pause
        waits = domains.admit(["a.example"] * wanted, rates.now)
        assert waits == sorted(waits, key=bool)  # those who came first go first
        went += [rates.now] * waits.count(0.0)
    for start in went:
        assert sum(start <= at < start + 2.0 for at in went) <= mails


def test_who_waits_for_a_rate_goes_when_it_was_told_to_and_the_database_is_not_asked_before() -> None:
    rates = Rates()
    domains = book(DomainLimit(domain="a.example", mails=2, seconds=10.0), rates=rates)
    first, second, third = domains.admit(["a.example"] * 3, 0.0)
    assert (first, second) == (0.0, 0.0) and 0 < third <= 10.2
    assert domains.admit(["a.example"], third / 2) == [pytest.approx(third / 2)]
    assert rates.asked == 1
    rates.now = third
    assert domains.admit(["a.example"], third) == [0.0]


def test_without_the_database_nothing_goes_where_a_rate_holds_and_everything_elsewhere() -> None:
    rates = Rates()
    rates.away = True
    domains = book(DomainLimit(domain="a.example", mails=2), rates=rates)
    assert domains.admit(["a.example", "b.example"], 0.0) == [ASK_AGAIN_SECONDS, 0.0]


def test_the_first_limit_that_fits_counts() -> None:
    domains = book(DomainLimit(domain="big.example", concurrency=5), DomainLimit(domain="*", concurrency=1))
    assert domains.admit(["big.example"] * 3 + ["a.example"] * 2, 0.0) == [0.0, 0.0, 0.0, 0.0, ASK_AGAIN_SECONDS]


@given(st.lists(st.tuples(verdicts, st.floats(0, 100)), max_size=60), st.integers(0, 5))
def test_a_rest_begins_only_after_deferrals_in_a_row_and_is_never_longer_than_it_may(
    heard: list[tuple[Verdict, float]], patience: int
) -> None:
    mood, now, in_a_row = Mood(), 0.0, 0
    for verdict, pause in heard:
        now += pause
        before, mood = mood, after(mood, verdict, now, RETRY, patience)
        in_a_row = 0 if verdict is ACCEPTED else in_a_row + (verdict is LATER)
        if mood.rests_until > before.rests_until:
            assert patience and in_a_row >= patience and before.rests_until <= now
            assert RETRY.min_seconds - 1e-6 <= mood.rests_until - now <= LONGEST_REST_SECONDS + 1e-6
        if verdict is ACCEPTED:
            assert mood == Mood()


def test_a_domain_that_goes_on_deferring_rests_longer_each_time_and_others_do_not_wait() -> None:
    domains, now, rests = book(), 0.0, []
    for _ in range(7):
        for _ in range(3):
            domains.heard("a.example", LATER, now)
        (wait, other) = domains.admit(["a.example", "b.example"], now)
        assert other == 0.0
        rests.append(wait)
        now += wait
    assert rests == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    domains.heard("a.example", ACCEPTED, now)
    assert domains.admit(["a.example"], now) == [0.0]


def test_many_deferrals_of_one_batch_are_one_rest() -> None:
    domains = book()
    for _ in range(50):
        domains.heard("a.example", LATER, 0.0)
    assert domains.admit(["a.example"], 0.0) == [30.0]


def test_full_mailboxes_are_no_reason_to_rest() -> None:
    domains = book()
    for _ in range(50):
        domains.heard("a.example", FULL, 0.0)
    assert domains.admit(["a.example"], 0.0) == [0.0]


def test_the_domain_of_an_address() -> None:
    assert domain_of("Ada@Example.ORG") == "example.org"
