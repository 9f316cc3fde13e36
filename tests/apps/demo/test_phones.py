"""What members of the demo world type follows from what their phones show, and their leaders understand it."""

import random
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.demo.leaders import LEADERS, Leader
from apps.demo.phones import MOST, Phone, next_text, phones
from apps.sms.broadcast.wording import Wording
from apps.sms.hub.member import said
from apps.sms.hub.questions import Question, read
from apps.sms.hub.sign_up import sign_up
from apps.sms.numbers import parse
from apps.sms.optout import Start, Stop, recognise

PHONE = Phone("+12025550100", "Ada")
leaders = pytest.mark.parametrize("leader", LEADERS, ids=lambda leader: leader.id)


def typed(leader: Leader, last: str | None) -> set[str | None]:
    """Everything that may follow."""
    return {next_text(PHONE, leader, last, random.Random(seed)) for seed in range(300)}


def test_every_phone_has_a_number_of_its_own_that_is_nobodys() -> None:
    numbers = [phone.number for phone in phones(MOST, 7)]
    assert len(set(numbers)) == MOST
    for number in numbers:
        assert parse(number).value == number
        read = phonenumbers.parse(number)
        line = str(read.national_number)
        assert line[3:8] == "55501" if read.country_code == 1 else line.startswith("7700900")


@given(st.integers(0, 2**16))
def test_the_same_seed_makes_the_same_phones(seed: int) -> None:
    assert list(phones(5, seed)) == list(phones(5, seed))


@leaders
def test_a_leader_is_what_the_hub_takes(leader: Leader) -> None:
    words = sign_up(leader.sign_up)
    assert {question.name for question in words.questions} == set(leader.answers)
    assert parse(leader.number).value == leader.number
    assert all(said(word) == word for word in leader.words)


@leaders
def test_broadcasts_reach_members_whose_name_nobody_asked_for(leader: Leader) -> None:
    known = {"leader": leader.name} | ({"first_name": "Ada"} if leader.answers else {})
    for template in leader.broadcasts:
        assert Wording(template).fill(known)


@leaders
def test_strangers_greet(leader: Leader) -> None:
    assert typed(leader, None) == {leader.greeting}


@leaders
def test_questions_are_answered_mostly_so_that_they_are_understood(leader: Leader) -> None:
    for document in leader.sign_up.get("questions", []):
        question = Question.model_validate(document)
        found = [next_text(PHONE, leader, f"Welcome!\n{question.ask}", random.Random(seed)) for seed in range(300)]
        understood = [text for text in found if text is not None and read(question, text) is not None]
        assert len(understood) > 0.8 * len(found)
        assert typed(leader, question.invalid or question.ask) == set(found)
        assert ("what do you mean?" in found) == bool(question.invalid)


@leaders
def test_whoever_left_comes_back_or_is_silent(leader: Leader) -> None:
    assert typed(leader, sign_up(leader.sign_up).stopped) == {"START", None}
    assert isinstance(recognise("START", leader.locale, asked=True), Start)


@leaders
def test_members_chat_ask_by_keyword_and_sometimes_leave(leader: Leader) -> None:
    found: set[Any] = typed(leader, "See you on Sunday!")
    assert found == {*leader.chatter, *leader.words, "STOP"}
    leaving = {text for text in found if isinstance(recognise(text, leader.locale), Stop)}
    assert leaving == {"STOP"}
