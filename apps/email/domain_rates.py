"""The rates of mails to domains, as all dispatchers of all machines share them. One per dispatcher, in its thread."""

from collections.abc import Mapping, Sequence

from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.shared import SharedRate, Transactions
from actors.pipeline.rates.window import Rate
from apps.email.config import DomainLimit


class SharedRates:
    """A record in the database for each limit, with a window for each domain in it."""

    def __init__(self, database: Transactions) -> None:
        self._database = database
        self._takers: dict[DomainLimit, SharedRate] = {}

    def take(self, limit: DomainLimit, wanted: Mapping[str, Sequence[int]]) -> Permits:
        """Charge; a new limit begins as if it were used up. Raises Unavailable."""
        taker = self._takers.get(limit)
        if taker is None:
            rate = Rate.of(limit.mails or 1, limit.seconds)
            taker = self._takers[limit] = SharedRate(self._database, f"email to {limit.domain}", rate)
        return taker.take(wanted)
