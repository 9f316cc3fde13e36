"""Values that the hub decides over: leaders, members, texts as they came in, and what it decides. Any thread."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.sms.hub.sign_up import SignUp
from apps.sms.states import Lane, MemberState

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class Word(StrEnum):
    """What a text asks for by its words alone, whoever wrote it."""

    OPT_OUT = "opt_out"
    #: Of all leaders at once.
    OPT_OUT_ALL = "opt_out_all"
    OPT_IN = "opt_in"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Keyword:
    """A text that is this word alone gets this answer, and its member this tag."""

    answer: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Leader:
    """Whose members they are. `keywords` by their words as `said` makes them."""

    id: str
    name: str
    sign_up: SignUp
    locale: str | None = None
    keywords: Mapping[str, Keyword] = field(default_factory=dict)
    version: int = 1

    @property
    def month_first(self) -> bool:
        """How dates are written there."""
        return (self.locale or "en-US").replace("_", "-").lower() in ("en", "en-us")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text as it lies in `sms_texts`, and when it came in."""

    id: int
    key: str
    leader: str
    member: str
    our_number: str
    body: str
    carrier: str
    at: datetime

    @property
    def answerable(self) -> bool:
        """Short codes and names are machines: there is nobody to sign up."""
        return _E164.fullmatch(self.member) is not None


@dataclass(frozen=True, slots=True)
class Member:
    """One row of `sms_members`; see there."""

    leader: str
    number: str
    our_number: str
    state: MemberState
    created_at: datetime
    person: str | None = None
    name: str = ""
    locale: str | None = None
    time_zone: str | None = None
    country: str | None = None
    place: str | None = None
    born: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: str | None = None
    token: str | None = None
    unread: int = 0
    automatic: int = 0
    automatic_since: datetime | None = None
    away_at: datetime | None = None
    word_at: datetime | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    last_active_at: datetime | None = None

    def but(self, **changes: Any) -> "Member":
        return replace(self, **changes)


class Outcome(StrEnum):
    """What the hub did with a text in: the reason of its row, and what is counted."""

    OPTED_OUT = "opted out"
    OPTED_IN = "opted in"
    HELPED = "helped"
    #: An opt-out or opt-in word that came to nothing: that is how it is already, or a later one was faster.
    NO_CHANGE = "no change"
    ASKED = "asked"
    ASKED_AGAIN = "asked again"
    JOINED = "joined"
    KEYWORD = "keyword"
    AWAY = "away"
    #: For the leader to read.
    UNREAD = "unread"
    #: The same, because whoever wrote it was answered too often.
    HELD_BACK = "held back"
    #: The same, from somebody who left.
    FROM_LEFT = "from one who left"
    #: The same, from a number that cannot be answered.
    NO_REPLY = "cannot be answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """A text to send back. `name` tells it from other answers to the same text."""

    name: str
    lane: Lane
    body: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one text.

    Attributes:
        member: as it is from now on; None when there is none.
        tags: that the member gets.
        consent: True given by this text, False withdrawn, None neither.
        everywhere: whoever wrote it leaves all other leaders as well.
    """

    outcome: Outcome
    member: Member | None
    answers: tuple[Answer, ...] = ()
    tags: tuple[str, ...] = ()
    consent: bool | None = None
    everywhere: bool = False


def said(body: str) -> str:
    """How a keyword is compared: one case, single spaces, no marks around it."""
    return " ".join(body.casefold().split()).strip(" .,!?\"'")
