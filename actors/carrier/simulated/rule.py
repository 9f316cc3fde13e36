"""One way in which the simulated carrier is difficult, as `config.yaml` writes it. Values."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from actors.carrier.port import ReceiptState
from supervision.config import Section

Answer = Literal["accept", "throttle", "refuse", "opted-out", "none", "unsent", "hang-up"]
Receipts = Literal["once", "twice", "never", "early", "staged", "reordered"]


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= value[0] <= value[1] <= 86400:
        raise ValueError("must be two numbers of seconds, the smaller one first")
    return value


Spread = Annotated[tuple[float, float], AfterValidator(_ordered)]


class Rule(Section):
    """The first rule that matches a piece, whose dice fall and whose threshold is passed decides all about it."""

    to: str = Field(default="*", description="shell pattern on the phone's number, such as +1555*")
    sender: str = Field(default="*", description="shell pattern on our number")
    probability: float = Field(default=1.0, ge=0, le=1, description="how often the rule applies where it matches")
    above: int | None = Field(default=None, ge=0, description="applies only to what is more than so many per `seconds`")
    seconds: float = Field(default=1.0, gt=0, le=86400, description="the window of `above`")
    answer: Answer = Field(default="accept", description="what it says; none: nothing, unsent: it was not reached")
    answer_seconds: Spread = Field(default=(0.0, 0.0), description="pause before the answer, evenly between two bounds")
    code: str = Field(default="", max_length=32, description="of the answer, or of an undelivered text's receipt")
    permanent: bool = Field(default=True, description="whether a refusal is for good")
    retry_after_seconds: float | None = Field(default=None, ge=0, description="what a throttling answer asks for")
    phone: bool = Field(
        default=True, description="whether a text that was accepted, or not answered, reaches the phone"
    )
    state: ReceiptState = Field(default=ReceiptState.DELIVERED, description="what its receipt says in the end")
    receipts: Receipts = Field(
        default="once",
        description="early: before the answer; staged: sent, then the end; reordered: the end, then sent",
    )
    receipt_seconds: Spread = Field(default=(0.0, 0.0), description="from the answer to the receipt")
    ids: Literal["same", "other-case"] = Field(default="same", description="how a receipt writes the text's id")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.receipts == "early" and self.answer_seconds == (0.0, 0.0):
            raise ValueError("receipts: early needs answer_seconds, for they come while the answer is awaited")
        return self

    @property
    def reaches_phone(self) -> bool:
        return self.phone and self.answer in ("accept", "none") and self.state is ReceiptState.DELIVERED
