"""One way in which the embedded mail server is difficult, as `config.yaml` and `rookery mta add` write it. Values."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from supervision.config import Section

Stage = Literal["rcpt", "data"]
_REPLY = re.compile(r"[245][0-5]\d [\x20-\x7e]{1,500}")


def _reply(value: str) -> str:
    if not _REPLY.fullmatch(value):
        raise ValueError("must be one line of SMTP reply, such as 451 4.7.1 slow down")
    return value


ReplyLine = Annotated[str, AfterValidator(_reply)]


class Rule(Section):
    """It answers (`reply`, `replies`, `garbage`) or hangs up (`drop`); with neither it only delays."""

    recipient: str = Field(default="*", description="shell pattern on the recipient, such as *@slow.example")
    at: Stage = Field(default="rcpt", description="the moment: the recipient is named, or the content has arrived")
    probability: float = Field(default=1.0, ge=0, le=1, description="how often the rule applies where it matches")
    above: int | None = Field(default=None, ge=0, description="applies only to what is more than so many per `seconds`")
    seconds: float = Field(default=1.0, gt=0, le=86400, description="the window of `above`")
    reply: ReplyLine | None = Field(default=None, description="the answer instead of 250; after a 421 it hangs up")
    replies: tuple[ReplyLine, ...] = Field(
        default=(), max_length=100, description="a script for each recipient: answers to its first, second ... attempt"
    )
    garbage: str | None = Field(default=None, max_length=500, description="a line that is no SMTP reply, sent as it is")
    delay_seconds: float = Field(default=0.0, ge=0, le=3600, description="pause before the answer")
    drop: Literal["never", "before", "after"] = Field(
        default="never", description="hang up instead of answering, before or after the mail is kept"
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        answers = sum((self.reply is not None, bool(self.replies), self.garbage is not None, self.drop != "never"))
        if not answers and self.delay_seconds == 0:
            raise ValueError("a rule needs reply, replies, garbage, drop or delay_seconds")
        if answers > 1:
            raise ValueError("a rule either answers (one of reply, replies, garbage) or hangs up (drop)")
        if self.at == "rcpt" and self.drop == "after":
            raise ValueError("drop: after needs at: data, for only then is there a mail to keep")
        return self
