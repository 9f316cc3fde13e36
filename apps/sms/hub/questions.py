"""Questions of a sign-up, and what an answer to one means. Pure; any thread."""

import re
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from apps.people import address
from apps.people.errors import Refused

Kind = Literal["text", "number", "choice", "date", "yes_no", "email"]
Value = str | int | bool
MOST_CHARACTERS = 200
YES = frozenset(("yes", "y", "yep", "yeah", "sure", "ok", "ja", "oui", "si", "sí", "sim", "tak", "да", "是", "はい"))
NO = frozenset(("no", "n", "nope", "nah", "nein", "non", "não", "nao", "nie", "нет", "不", "否", "いいえ"))
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_WRITTEN = re.compile(r"(\d{1,2})([-/. ]+)(\d{1,2})[-/. ]+(\d{4})")


class Question(BaseModel):
    """One thing that is asked. The answer is kept under its name; `name` and `place` are the member's own columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    ask: str = Field(min_length=1, max_length=1000)
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    #: What is said when the answer is none; the question again if empty.
    invalid: str = Field("", max_length=1000)

    @model_validator(mode="after")
    def _choices(self) -> "Question":
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"question {self.name}: a choice has choices, and nothing else has")
        return self


def read(question: Question, text: str, *, month_first: bool = False) -> Value | None:
    """What the answer says; None if it says nothing that the question asks for. A date is ISO 8601."""
    said = " ".join(text.split())
    match question.kind:
        case "text":
            return said[:MOST_CHARACTERS] or None
        case "number":
            return _number(said)
        case "choice":
            return _choice(said, question.choices)
        case "date":
            return _date(said, month_first)
        case "yes_no":
            return _yes_no(said)
        case "email":
            return _email(said)


def _number(said: str) -> int | None:
    digits = re.fullmatch(r"[+]?(-?\d{1,12})\.?", said)
    return int(digits[1]) if digits else None


def _choice(said: str, choices: tuple[str, ...]) -> str | None:
    """By number from 1, by name, or by how only one of them begins."""
    word = said.casefold().rstrip(".!)")
    if word.isdecimal() and 1 <= int(word) <= len(choices):
        return choices[int(word) - 1]
    exact = [one for one in choices if one.casefold() == word]
    begins = exact or [one for one in choices if word and one.casefold().startswith(word)]
    return begins[0] if len(begins) == 1 else None


def _date(said: str, month_first: bool) -> str | None:
    if found := _ISO.fullmatch(said):
        year, month, day = map(int, found.groups())
    elif found := _WRITTEN.fullmatch(said):
        first, separator, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
        month, day = (first, second) if month_first and separator != "." else (second, first)
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _yes_no(said: str) -> bool | None:
    word = said.casefold().strip(".!, ")
    if word in YES:
        return True
    return False if word in NO else None


def _email(said: str) -> str | None:
    try:
        return address.parse(said).text
    except Refused:
        return None
