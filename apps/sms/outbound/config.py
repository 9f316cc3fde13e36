"""`sms.carriers`, `sms.limits` and `sms.outbound` in `config.yaml`. Values only; any thread."""

from datetime import time
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from actors.carrier.http.config import HttpCarrier
from actors.carrier.simulated.config import SimulatedCarrier
from actors.gsm import Language, Policy
from actors.smpp.config import BindConfig, BindType, LongTexts
from apps.sms.limits.errors import LimitError
from apps.sms.limits.limit import Calendar, Limit, Scope, Sliding, Unit
from apps.sms.outbound.routing import Destinations, Failover, Serving
from apps.sms.states import Lane
from supervision.config import Section


class Serves(Section):
    """Numbers that a carrier serves."""

    prefix: str = Field("", pattern=r"^(\+[0-9]*)?$", description="they begin like this, as in +49; all if empty")
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$", description="they are of this country; of any if null")
    cost: float = Field(0.0, ge=0, description="per segment, in any currency, the same for all carriers")


class Carrier(Section):
    """One carrier. How it is spoken with is one of `simulated`, `smpp` and `http`."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="its links are NAME-1, NAME-2, ... in the tree")
    simulated: SimulatedCarrier | None = Field(None, description="a file that stands for it")
    smpp: BindConfig | None = Field(None, description="a bind to its SMSC")
    http: HttpCarrier | None = Field(None, description="requests to its API, webhooks from it")
    links: int = Field(1, ge=1, le=32, description="connections to it, each with a window of its own")
    serves: tuple[Serves, ...] = Field((Serves.model_validate({}),), min_length=1, description="where it reaches")
    failover: Failover = Field("down", description="when others take its texts: never, down, or slowed as well")
    substitute: bool = Field(True, description="type quotes, dashes and the like plainly when that saves UCS-2")
    languages: tuple[str, ...] = Field((), description="national GSM-7 tables that it knows, such as turkish")
    wide_reference: bool = Field(False, description="number the parts of long texts with 16 bits, not 8")
    strict: bool = Field(
        True, description="a segment counts until the carrier answered, however long it was on its way"
    )
    receipts: bool = Field(True, description="ask for delivery receipts")

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if sum(way is not None for way in (self.simulated, self.smpp, self.http)) != 1:
            raise ValueError(f"{self.name}: say how it is spoken with, by one of simulated, smpp and http")
        return self

    @field_validator("languages")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name.upper() not in Language.__members__:
                known = ", ".join(sorted(one.lower() for one in Language.__members__))
                raise ValueError(f"no national table {name!r}; there are {known}")
        return names

    @property
    def whole(self) -> bool:
        """Whether it splits long texts itself."""
        return self.http is not None or (self.smpp is not None and self.smpp.long_texts is LongTexts.PAYLOAD)

    @property
    def sends(self) -> bool:
        return self.smpp is None or self.smpp.bind is not BindType.RECEIVER

    @property
    def policy(self) -> Policy:
        return Policy(self.substitute, tuple(Language[name.upper()] for name in self.languages), self.wide_reference)

    @property
    def serving(self) -> Serving:
        return Serving(
            self.name, tuple(Destinations(one.prefix, one.country, one.cost) for one in self.serves), self.failover
        )


#: Kinds of keys that texts are charged to, and how many parts one has; a scope like no key would limit nothing.
_KEYS = {"carrier": 2, "brand": 3, "campaign": 2, "number": 2}


class LimitSection(Section):
    """At most so many units in a window, for each key of the scope by itself."""

    name: str = Field(min_length=1, max_length=64, description="what is reserved in the database stands under it")
    scope: tuple[str, ...] = Field(
        min_length=2,
        description="[carrier, NAME], [brand, CARRIER, BRAND], [campaign, NAME] or [number, NUMBER]; * for each",
    )
    amount: int = Field(ge=1, description="units per window")
    seconds: float | None = Field(None, gt=0, description="the window slides: any so many seconds")
    period: Literal["hour", "day", "month"] | None = Field(None, description="or it is each hour, day or month")
    zone: str = Field("UTC", description="by whose clocks, as in America/Los_Angeles")
    unit: Unit = Field(Unit.SEGMENTS, description="segments or messages")
    slack_seconds: float | None = Field(
        None, ge=0, description="by so much windows are lengthened, for the jitter of the way; null: 1 %, at most 1 s"
    )
    burst: int | None = Field(None, ge=1, description="at most so many at once; null does not smooth")

    @field_validator("scope")
    @classmethod
    def _is_a_key(cls, scope: tuple[str, ...]) -> tuple[str, ...]:
        if _KEYS.get(scope[0]) != len(scope):
            raise ValueError("give [carrier, NAME], [brand, CARRIER, BRAND], [campaign, NAME] or [number, NUMBER]")
        return scope

    @model_validator(mode="after")
    def _is_a_limit(self) -> Self:
        if (self.seconds is None) == (self.period is None):
            raise ValueError(f"{self.name}: give either seconds or period")
        try:
            _ = self.limit
        except LimitError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def limit(self) -> Limit:
        per = Sliding(self.seconds) if self.seconds is not None else Calendar(self.zone, self.period or "day")
        return Limit(self.name, Scope(*self.scope), self.amount, per, self.unit, self.slack_seconds, burst=self.burst)


class Quiet(Section):
    """When broadcasts may leave: by the clock of the member, or in all time zones that the number may be in."""

    start: time = Field(time(8), description="not before")
    end: time = Field(time(21), description="not after")
    zone: str = Field("UTC", description="for members whose time zone nobody knows")

    @field_validator("zone")
    @classmethod
    def _is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no time zone {zone!r}") from error
        return zone

    @model_validator(mode="after")
    def _is_a_day(self) -> Self:
        if self.start >= self.end:
            raise ValueError("start must be before end")
        return self


class Outbound(Section):
    """How texts leave."""

    hours: Quiet | None = Field(None, description="when broadcasts may leave; null: at any time")
    max_segments: int = Field(10, ge=1, le=255, description="a longer text fails")
    attempts: int = Field(5, ge=1, le=100, description="after so many temporary refusals a text fails")
    retry_seconds: float = Field(5.0, gt=0, description="pause after the first refusal; it doubles, up to an hour")
    resend: tuple[Lane, ...] = Field((), description="lanes whose texts in doubt are sent again; others stay in doubt")
    failover_seconds: float = Field(10.0, ge=0, description="how long a carrier is waited for before others take over")
    stuck_hours: float = Field(6.0, gt=0, description="age at which a text without a final receipt is asked for")
    questions: int = Field(5, ge=0, le=20, description="so often it is asked for, then its end is unknown; 0: never")
    question_minutes: float = Field(10.0, gt=0, description="pause after the first question; it doubles")
    keep_logs_days: float = Field(30.0, gt=0, description="how long hand-over logs are kept")


DEFAULT_CARRIERS = (
    Carrier.model_validate(
        {
            "name": "sim",
            "simulated": {
                "limits": [
                    {"name": "partner", "most": 10, "seconds": 1.0},
                    {"name": "number", "most": 2, "seconds": 1.0, "each": True},
                ]
            },
        }
    ),
)
DEFAULT_LIMITS = (
    LimitSection.model_validate({"name": "partner", "scope": ["carrier", "sim"], "amount": 10, "seconds": 1.0}),
    LimitSection.model_validate({"name": "number", "scope": ["number", "*"], "amount": 2, "seconds": 1.0}),
)


def own_names(carriers: tuple[Carrier, ...]) -> tuple[Carrier, ...]:
    """For a validator: two of one name would be one in the tree."""
    if len({carrier.name for carrier in carriers}) < len(carriers):
        raise ValueError("two carriers have the same name")
    return carriers


def own_limits(limits: tuple[LimitSection, ...]) -> tuple[LimitSection, ...]:
    if len({limit.name for limit in limits}) < len(limits):
        raise ValueError("two limits have the same name")
    return limits
