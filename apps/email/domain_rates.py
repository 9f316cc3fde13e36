"""The rates of mails to domains, as all dispatchers of all machines share them. One per dispatcher, in its thread.

Bulk mail never uses a limit up: in any window it leaves a tenth of it, at least one mail, to transactional mail, which
may have all of it. (Of a limit of one mail there is nothing to leave.)
"""

from collections.abc import Mapping, Sequence

from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.shared import SharedRate, Transactions
from actors.pipeline.rates.window import Rate
from apps.email.config import DomainLimit

#: Bulk leaves one mail in so many.
RESERVED = 10


class SharedRates:
    """A record in the database for each limit, with a window for each domain in it; a second one for bulk's share."""

    def __init__(self, database: Transactions, *, bulk: bool = False) -> None:
        self._database = database
        self._bulk = bulk
        self._takers: dict[str, SharedRate] = {}

    def take(self, limit: DomainLimit, wanted: Mapping[str, Sequence[int]]) -> Permits:
        """Charge; a new limit begins as if it were used up. Raises Unavailable."""
        mails, whole = limit.mails or 1, f"email to {limit.domain}"
        if not self._bulk:
            return self._taker(whole, mails, limit.seconds).take(wanted)
        share = max(1, mails - max(1, mails // RESERVED))
        own = self._taker(f"bulk {whole}", share, limit.seconds).take(wanted)
        left = {domain: costs[: own.passed[domain]] for domain, costs in wanted.items() if own.passed.get(domain)}
        if not left:
            return own
        return _both(own, self._taker(whole, mails, limit.seconds).take(left))

    def _taker(self, name: str, mails: int, seconds: float) -> SharedRate:
        taker = self._takers.get(name)
        if taker is None:
            taker = self._takers[name] = SharedRate(self._database, name, Rate.of(mails, seconds))
        return taker


def _both(own: Permits, whole: Permits) -> Permits:
    """Passed is what both let pass, in this order; who did not waits for the later one."""
    domains = own.wait_seconds.keys() | whole.wait_seconds.keys()
    waits = {one: max(own.wait_seconds.get(one, 0.0), whole.wait_seconds.get(one, 0.0)) for one in domains}
    return Permits(whole.passed, waits, min(own.valid_until, whole.valid_until))
