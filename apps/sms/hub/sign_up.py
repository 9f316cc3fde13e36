"""What a leader says of itself: the sign-up, the answers to opt-out, opt-in and help, the automatic answer. Pure.

Kept as JSON in `sms_leaders.sign_up`. In every text `{leader}`, `{name}` (of the member) and `{contact}` are filled in,
in the welcome of a sign-up by link `{link}` too.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apps.sms.errors import SmsError
from apps.sms.hub.questions import Question

_BRACES = re.compile(r"\{(\w+)\}")


class WrongSignUp(SmsError):
    """What a leader should say does not fit together."""

    title = "The sign-up is not valid"


class Away(BaseModel):
    """An answer to whatever nothing else answers, to each member at most once in so many seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=1000)
    pause_seconds: float = Field(86_400.0, ge=60.0)


class SignUp(BaseModel):
    """How somebody becomes a member.

    `open`: by the first text; `questions`: by answering all of them; `link`: by following the link in the welcome.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["open", "questions", "link"] = "open"
    welcome: str = Field("You are now in touch with {leader}. Reply STOP to leave, HELP for help.", max_length=1000)
    questions: tuple[Question, ...] = ()
    #: Where a link leads: an address with `{token}` in it.
    link: str = Field("", max_length=500)
    done: str = Field("Thank you! You will hear from {leader}. Reply STOP to leave.", max_length=1000)
    stopped: str = Field("You left {leader} and will get no more texts. Reply START to come back.", max_length=1000)
    rejoined: str = Field("Welcome back to {leader}. Reply STOP to leave.", max_length=1000)
    help: str = Field("{leader}: {contact} Reply STOP to leave. Message and data rates may apply.", max_length=1000)
    #: How to reach somebody who can help: part of the answer to HELP.
    contact: str = Field("", max_length=300)
    away: Away | None = None
    #: Answers of themselves to one member in any hour that begins with one; more would be a talk between machines.
    automatic_per_hour: int = Field(20, ge=1, le=1000)
    #: Of the words that members agreed to: part of the evidence.
    version: str = Field("1", max_length=64)

    @model_validator(mode="after")
    def _fits(self) -> "SignUp":
        if (self.mode == "questions") != bool(self.questions):
            raise ValueError("the mode questions has questions, and no other has")
        if (self.mode == "link") != ("{token}" in self.link):
            raise ValueError("the mode link has a link with {token} in it, and no other has")
        if self.mode == "link" and "{link}" not in self.welcome:
            raise ValueError("the welcome of a sign-up by link says {link}")
        names = [question.name for question in self.questions]
        if len(set(names)) < len(names):
            raise ValueError("two questions have one name")
        return self

    def question(self, name: str | None) -> Question | None:
        return next((one for one in self.questions if one.name == name), None)

    def next_question(self, answers: Mapping[str, Any]) -> Question | None:
        """The first that has no answer yet."""
        return next((one for one in self.questions if one.name not in answers), None)


def sign_up(document: Mapping[str, Any]) -> SignUp:
    """Raises WrongSignUp, one line per fault."""
    try:
        return SignUp.model_validate(dict(document))
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, one['loc'])) or 'sign_up'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_url=False)
        )
        raise WrongSignUp("\n".join(faults), field="sign_up") from None


def filled(text: str, fields: Mapping[str, str]) -> str:
    """The text with what stands in braces; other braces stay, and what is put in is not looked at again."""
    return _BRACES.sub(lambda found: fields.get(found[1], found[0]), text)
