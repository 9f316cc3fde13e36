"""What a rule may say about to whom, how often, when and how far it is introduced. Values, checked when made."""

import zoneinfo
from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from apps.email.rulebook.expression import Text
from supervision.config import Section

DAY_SECONDS = 86_400.0


def _zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"{name!r} is not a zone of the IANA database like 'Europe/Berlin'")
    return name


class Dedupe(Section):
    """A person gets no second mail of this rule with the same key within the window."""

    key: Text = Field("event.id", description="expression over the event: what makes two of them the same")
    seconds: float = Field(DAY_SECONDS, gt=0, description="the window, counted back from the later one")


class Cap(Section):
    """A person gets at most so many mails of the rule's topic (of the rule, if it has none) in the period."""

    mails: int = Field(ge=1, description="how many")
    seconds: float = Field(DAY_SECONDS, gt=0, description="the period, counted back from now")


class Hours(Section):
    """By the clock of the person; mails wait for the window to open."""

    start: time = Field(time(9), description="HH:MM, the first minute")
    end: time = Field(time(20), description="HH:MM, the first minute after it; before `start` if it spans midnight")
    zone: Annotated[str, AfterValidator(_zone)] = Field("UTC", description="for people whose time zone is not known")

    @model_validator(mode="after")
    def _is_a_window(self) -> "Hours":
        if self.start == self.end:
            raise ValueError("start and end are the same; leave `hours` out to send at any time")
        if any(one.second or one.microsecond or one.tzinfo for one in (self.start, self.end)):
            raise ValueError("start and end are hours and minutes, such as 09:30")
        return self


class Rollout(Section):
    """How far the rule is introduced."""

    share: float = Field(1.0, ge=0, le=1, description="of the people; raising it only adds some")
    shadow: bool = Field(False, description="decide and render, keep the mail, send nothing")
    allow: tuple[str, ...] = Field((), description="addresses, ids or @domains that get it in any case, and for real")

    def lists(self, person: str, address: str) -> bool:
        """Whether this person is on the list; of an address, capitals do not count."""
        known = {one.casefold() for one in self.allow}
        address = address.casefold()
        return bool(known) and (person in self.allow or bool(known & {address, "@" + address.rpartition("@")[2]}))
