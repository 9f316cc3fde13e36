"""The phones of the demo world, and what their owners type next, by what they see. Pure; any thread."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apps.demo.leaders import Leader
from apps.demo.world import people

#: Area codes in which 555-0100 to 555-0199 are nobody's.
AREAS = (202, 303, 312, 415, 504, 617, 713, 808)
#: One phone in so many is British: 07700 900000 to 900999 are nobody's.
BRITISH_ONE_IN = 4
MOST = 900

#: How often members who could just chat leave, use a keyword, or answer something that was not asked.
LEAVES, ASKS_WORD, MISUNDERSTANDS = 0.03, 0.12, 0.08
#: How often somebody who left and is reminded of it comes back.
RETURNS = 0.3


@dataclass(frozen=True, slots=True)
class Phone:
    """And whom it belongs to."""

    number: str
    name: str


def phones(count: int, seed: int) -> Iterator[Phone]:
    """They belong to the first people of the world."""
    for place, person in enumerate(people(count, seed)):
        yield Phone(_number(place), person.name)


def next_text(phone: Phone, leader: Leader, last: str | None, rng: random.Random) -> str | None:
    """What is typed to a leader whose last text was this; None for nothing."""
    if last is None:
        return leader.greeting
    if leader.sign_up["stopped"] in last:
        return "START" if rng.random() < RETURNS else None
    if (question := _asked(leader, last)) is not None:
        # Whoever is asked for a word may say anything: that would be the word.
        misunderstands = "invalid" in question and rng.random() < MISUNDERSTANDS
        answer = "what do you mean?" if misunderstands else rng.choice(leader.answers[question["name"]])
        return answer.replace("{name}", phone.name)
    dice = rng.random()
    if dice < LEAVES:
        return "STOP"
    return rng.choice(list(leader.words) if dice < LEAVES + ASKS_WORD else leader.chatter)


def _asked(leader: Leader, last: str) -> Mapping[str, str] | None:
    """The question that a text ends with, or repeats."""
    questions: list[Mapping[str, str]] = leader.sign_up.get("questions", [])
    for question in questions:
        if any(words and words in last for words in (question["ask"], question.get("invalid"))):
            return question
    return None


def _number(place: int) -> str:
    british, rest = divmod(place, BRITISH_ONE_IN)
    if rest == 0:
        return f"+447700900{british:03}"
    area, line = divmod(place - british - 1, 100)
    return f"+1{AREAS[area]}55501{line:02}"
