"""What may go to which domain now: limits of concurrency and rate, and a rest for a domain that keeps deferring.

A plain book, one per dispatcher, in its thread. The rate is shared by all dispatchers of all nodes and machines (one
row in the database; permits are charged before the hand-over and not given back). Concurrency counts the mails that
this dispatcher has with its senders. What is not known is refused: a database that is away grants nothing.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

from actors.database import Unavailable
from actors.pipeline.rates.permits import Permits
from actors.smtp import Outcome, Verdict
from actors.smtp.faults import is_about_the_mailbox
from apps.email.config import DomainLimit, Mta, Retry

#: Seconds until it is asked again, where nobody can say how long it will take.
ASK_AGAIN_SECONDS = 1.0
#: A chunk waits in hand while its domains rest, and no broker leaves a delivery with somebody for ever.
LONGEST_REST_SECONDS = 600.0
#: Domains whose answers are remembered; beyond it the one heard of longest ago is taken for a good one.
MOST_DOMAINS = 10_000

#: Charges the rate of a limit: domain -> one cost per mail. Raises Unavailable.
Take = Callable[[DomainLimit, Mapping[str, Sequence[int]]], Permits]


@dataclass(frozen=True, slots=True)
class Mood:
    """How a domain has answered lately: deferrals in a row, and until when it rests (seconds of the same clock)."""

    deferrals: int = 0
    rests_until: float = 0.0


def after(mood: Mood, verdict: Verdict, now: float, retry: Retry, patience: int) -> Mood:
    """The mood once this was heard. After `patience` deferrals in a row it rests, twice as long each time; 0: never."""
    if verdict.outcome is Outcome.ACCEPTED:
        return Mood()
    if verdict.outcome is not Outcome.DEFERRED or is_about_the_mailbox(verdict) or not patience:
        return mood
    deferrals = mood.deferrals + 1
    rests, rest = divmod(deferrals, patience)
    if rest or now < mood.rests_until:  # what was under way when the rest began says nothing new
        return Mood(deferrals if now >= mood.rests_until else mood.deferrals, mood.rests_until)
    seconds = min(retry.max_seconds, LONGEST_REST_SECONDS, retry.min_seconds * 2.0 ** min(rests - 1, 60))
    return Mood(deferrals, now + seconds)


@dataclass(slots=True)
class Domains:
    """The book. `now` in all its methods: seconds of one monotonic clock."""

    config: Mta
    retry: Retry
    take: Take
    moods: OrderedDict[str, Mood] = field(default_factory=OrderedDict)
    out: dict[str, Counter[str]] = field(default_factory=dict)
    full_until: dict[str, float] = field(default_factory=dict)

    def admit(self, domains: Sequence[str], now: float) -> list[float]:
        """For each mail to one of these domains, in order: 0 when it may go now, else for how many seconds it waits.

        Whoever is admitted has used a permit, and is to be handed over at once.
        """
        if not self.moods and not self.config.domains:
            return [0.0] * len(domains)
        passed: dict[str, tuple[int, float]] = {}
        wanted = Counter(domains)
        for domain, mails in wanted.items():
            passed[domain] = self._admit(domain, mails, now)
        waits = []
        for domain in domains:
            left, wait = passed[domain]
            waits.append(0.0 if left else wait)
            passed[domain] = max(0, left - 1), wait
        return waits

    def began(self, batch: str, domains: Iterable[str]) -> None:
        """A batch is with a sender."""
        if self.config.domains:
            self.out[batch] = Counter(domains)

    def ended(self, batch: str) -> None:
        """It is not any more."""
        self.out.pop(batch, None)

    def heard(self, domain: str, verdict: Verdict, now: float) -> None:
        """What the server said about a mail to this domain."""
        if not self.moods and verdict.outcome is Outcome.ACCEPTED:
            return
        known = self.moods.pop(domain, None)
        mood = after(known or Mood(), verdict, now, self.retry, self.config.pause_after)
        if mood != Mood():
            self.moods[domain] = mood
        if len(self.moods) > MOST_DOMAINS:
            self.moods.popitem(last=False)

    def _admit(self, domain: str, mails: int, now: float) -> tuple[int, float]:
        """How many of so many mails may go, and how long the others wait."""
        mood = self.moods.get(domain)
        if mood is not None and mood.rests_until > now:
            return 0, mood.rests_until - now
        limit = limit_for(domain, self.config.domains)
        if limit is None:
            return mails, 0.0
        free = mails
        if limit.concurrency is not None:
            free = min(mails, max(0, limit.concurrency - sum(out[domain] for out in self.out.values())))
        if limit.mails is None or not free:
            return free, ASK_AGAIN_SECONDS
        return self._charge(limit, domain, free, now)

    def _charge(self, limit: DomainLimit, domain: str, mails: int, now: float) -> tuple[int, float]:
        full_until = self.full_until.get(domain, 0.0)
        if full_until > now:
            return 0, full_until - now
        try:
            permits = self.take(limit, {domain: [1] * mails})
        except Unavailable:
            return 0, ASK_AGAIN_SECONDS
        wait = permits.wait_seconds.get(domain, 0.0)
        self.full_until.pop(domain, None)
        if wait:
            self.full_until[domain] = now + wait
        return permits.passed.get(domain, 0), wait or ASK_AGAIN_SECONDS


@lru_cache(maxsize=MOST_DOMAINS)
def limit_for(domain: str, limits: tuple[DomainLimit, ...]) -> DomainLimit | None:
    """The first whose pattern fits."""
    return next((limit for limit in limits if fnmatchcase(domain, limit.domain.lower())), None)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
