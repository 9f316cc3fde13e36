"""What is to be done with a text whose turn it is. Pure; any thread.

Whoever left is written to no more, but for the one confirmation; what is too late is not sent at all; a broadcast waits
for the hours of its member. Then it is routed, and cut into pieces for its carrier.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from actors.carrier.errors import CarrierError
from actors.gsm import TooLong
from apps.sms.numbers import about, time_zones
from apps.sms.outbound.config import Carrier, Outbound
from apps.sms.outbound.pieces import MAX_VALID_SECONDS, Cut, cut, sender
from apps.sms.outbound.quiet import opens_at
from apps.sms.outbound.routing import Health, Later, Nowhere, Serving, route
from apps.sms.outbound.texts import Text
from apps.sms.states import Lane, TextState


@dataclass(frozen=True, slots=True)
class Send:
    """Claim it, and hand it over."""

    cut: Cut


@dataclass(frozen=True, slots=True)
class Keep:
    """No carrier that serves it is there now."""

    carriers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Postpone:
    """Not before then."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """It is not sent."""

    state: TextState
    reason: str


Decision = Send | Keep | Postpone | Refuse


class Desk:
    """The configuration, ready to be asked."""

    def __init__(self, config: Outbound, carriers: Mapping[str, Carrier]) -> None:
        self._config = config
        self._carriers = carriers
        self._table: tuple[Serving, ...] = tuple(one.serving for one in carriers.values() if one.sends)
        #: To know a number's country takes time.
        self._by_country = any(fit.country is not None for one in self._table for fit in one.serves)

    def decide(self, text: Text, health: Mapping[str, Health], now: datetime) -> Decision:
        """Raises nothing: what cannot be sent is a `Refuse`."""
        if text.left and text.lane is not Lane.CONFIRMATION:
            return Refuse(TextState.SUPPRESSED, "the member opted out")
        if text.expires_at is not None and text.expires_at <= now:
            return Refuse(TextState.SUPPRESSED, "too late")
        if (later := self._quiet(text, now)) is not None:
            return later
        try:
            return self._routed(text, health, now)
        except (TooLong, CarrierError) as error:
            return Refuse(TextState.FAILED, str(error))

    def _quiet(self, text: Text, now: datetime) -> Decision | None:
        hours = self._config.hours
        if hours is None or text.lane is not Lane.BROADCAST:
            return None
        zones = (text.zone,) if text.zone else time_zones(sender(text.member)) or (hours.zone,)
        opens = opens_at(now, zones, hours.start, hours.end)
        if opens <= now:
            return None
        if text.expires_at is not None and text.expires_at <= opens:
            return Refuse(TextState.SUPPRESSED, "quiet hours until it would be too late")
        return Postpone(opens, "quiet hours")

    def _routed(self, text: Text, health: Mapping[str, Health], now: datetime) -> Decision:
        country = text.country
        if self._by_country and country is None and (found := about(sender(text.member))) is not None:
            country = found.region
        match route(text.home, text.member, country, self._table, health):
            case Nowhere(reason):
                return Refuse(TextState.FAILED, reason)
            case Later(carriers):
                return Keep(carriers)
            case over:
                valid = None if text.expires_at is None else (text.expires_at - now).total_seconds()
                seconds = None if valid is None else min(valid, MAX_VALID_SECONDS)
                return Send(cut(text, self._carriers[over.carrier], self._config.max_segments, seconds))
