"""How the embedded mail server pretends to be difficult: rules that decline, delay or hang up. Values and dice only.

The first rule that matches a recipient and whose dice fall decides. With a seed the dice fall the same way for the same
sequence of mails; with several connections at once that sequence itself may differ between runs.
"""

import random
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from supervision.config import Section

Stage = Literal["rcpt", "data"]
_REPLY = re.compile(r"[245][0-5]\d [\x20-\x7e]{1,500}")


class Rule(Section):
    """One way to be difficult. Without `reply` and `drop` it only delays."""

    recipient: str = Field(default="*", description="shell pattern on the recipient, such as *@slow.example")
    at: Stage = Field(default="rcpt", description="the moment: the recipient is named, or the content has arrived")
    probability: float = Field(default=1.0, ge=0, le=1, description="how often the rule applies where it matches")
    reply: str | None = Field(default=None, description="the answer instead of 250, such as 451 4.7.1 slow down")
    delay_seconds: float = Field(default=0.0, ge=0, le=3600, description="pause before the answer")
    drop: Literal["never", "before", "after"] = Field(
        default="never", description="hang up instead of answering, before or after the mail is kept"
    )

    @field_validator("reply")
    @classmethod
    def _is_a_reply(cls, value: str | None) -> str | None:
        if value is not None and not _REPLY.fullmatch(value):
            raise ValueError("must be one line of SMTP reply, such as 451 4.7.1 slow down")
        return value

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.reply is None and self.drop == "never" and self.delay_seconds == 0:
            raise ValueError("a rule needs reply, drop or delay_seconds")
        if self.reply is not None and self.drop != "never":
            raise ValueError("a rule either answers (reply) or hangs up (drop)")
        if self.at == "rcpt" and self.drop == "after":
            raise ValueError("drop: after needs at: data, for only then is there a mail to keep")
        return self


class Behaviour:
    """The rules at work. One thread."""

    def __init__(self, rules: Sequence[Rule] = (), seed: int | None = None) -> None:
        self._rules = tuple(rules)
        self._dice = random.Random(seed)

    def decide(self, at: Stage, recipients: Iterable[str]) -> Rule | None:
        """The rule to follow now, None to behave well."""
        lowered = [recipient.lower() for recipient in recipients]
        for rule in self._rules:
            if rule.at == at and _matches(rule, lowered) and self._dice.random() < rule.probability:
                return rule
        return None


def _matches(rule: Rule, recipients: Iterable[str]) -> bool:
    pattern = rule.recipient.lower()
    return any(fnmatchcase(recipient, pattern) for recipient in recipients)
