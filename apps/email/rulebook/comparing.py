"""Two mails to one person side by side: what the one says that the other does not. Pure; any thread.

Compared is what a person reads: subject, text and HTML, not how they are written.
"""

import re
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum

from apps.email import reading

PARTS = ("subject", "text", "html")
#: A difference that is longer is cut.
MOST_CHARACTERS = 4000


class Outcome(StrEnum):
    """What came of it. `alone`: there is nothing to compare it with."""

    SAME = "same"
    DIFFERENT = "different"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`beside` is the other rule, empty when there is none; `differs` names the parts; `note` says why it is alone."""

    beside: str
    outcome: Outcome
    differs: tuple[str, ...] = ()
    diff: str | None = None
    note: str | None = None

    @property
    def told(self) -> str:
        """In a few words, the same for all mails of which the same is to be said."""
        match self.outcome:
            case Outcome.SAME:
                return f"the same as by {self.beside}"
            case Outcome.DIFFERENT:
                return f"not as by {self.beside}: {', '.join(self.differs)}"
        return f"nothing to compare it with: {self.note}"


_SAME = re.compile(r"the same as by (.+?)(?=; |$)")
_DIFFERENT = re.compile(r"not as by (.+?): ((?:subject|text|html)(?:, (?:text|html))*)(?=; |$)")
NOBODY = Comparison("", Outcome.ALONE, note="no other rule writes to this person about this event")


def read(told: str) -> list[tuple[str, Outcome, list[str]]]:
    """Of a line that has what `Comparison.told` says of one or several, what is to be counted: (beside, outcome, parts
    that differ)."""
    same: list[tuple[str, Outcome, list[str]]] = [(found[1], Outcome.SAME, []) for found in _SAME.finditer(told)]
    different = [(found[1], Outcome.DIFFERENT, found[2].split(", ")) for found in _DIFFERENT.finditer(told)]
    return [*same, *different] or [("", Outcome.ALONE, [])]


def compare(beside: str, ours: bytes, theirs: bytes) -> Comparison:
    """Our mail with that of the rule `beside`."""
    mine, other = _parts(ours), _parts(theirs)
    differs = tuple(name for name in PARTS if mine[name] != other[name])
    if not differs:
        return Comparison(beside, Outcome.SAME)
    diff = "".join(_diff(name, other[name], mine[name], beside) for name in differs)
    return Comparison(beside, Outcome.DIFFERENT, differs, diff[:MOST_CHARACTERS])


def _parts(mail: bytes) -> dict[str, str]:
    found = reading.read(mail)
    return {"subject": found.header("Subject"), "text": found.text or "", "html": found.html or ""}


def _diff(name: str, before: str, after: str, beside: str) -> str:
    names = (f"{name} by {beside}", f"{name} in the shadow")
    lines = unified_diff(before.splitlines(), after.splitlines(), *names, n=1, lineterm="")
    return "".join(f"{line.rstrip()}\n" for line in lines)
