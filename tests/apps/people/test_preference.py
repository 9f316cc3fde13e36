"""What a person wants, on both engines, and the rule that reads it."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from apps.people.errors import Refused
from apps.people.preference import prefer, preferences, unwanted
from apps.people.upsert import upsert
from tests.apps.people.conftest import NOW, draft


@pytest.fixture
def ada(connection: Connection) -> str:
    upsert(connection, [draft("ada@example.org", id="ada"), draft("bob@example.org", id="bob")], NOW)
    return "ada"


def test_the_last_word_counts(connection: Connection, ada: str) -> None:
    prefer(connection, ada, "petitions", False, NOW)
    prefer(connection, ada, "bulk", False, NOW)
    prefer(connection, ada, "petitions", True, NOW + timedelta(seconds=1))
    assert preferences(connection, [ada, "bob", "nobody"]) == {ada: {"petitions": True, "bulk": False}}


def test_preferences_of_nobody_cannot_be_kept(connection: Connection) -> None:
    with pytest.raises(IntegrityError), connection.begin_nested():
        prefer(connection, "nobody", "petitions", False, NOW)


def test_transactional_mail_cannot_be_switched_off(connection: Connection, ada: str) -> None:
    with pytest.raises(Refused, match="cannot be switched off"):
        prefer(connection, ada, "transactional", False, NOW)
    prefer(connection, ada, "transactional", True, NOW)


@pytest.mark.parametrize("topic", ["", " ", "x" * 101, "a\nb", "a\0"])
def test_topics_that_are_refused(connection: Connection, ada: str, topic: str) -> None:
    with pytest.raises(Refused, match=r"^topic: "):
        prefer(connection, ada, topic, False, NOW)


@pytest.mark.parametrize(
    ("said", "mail_class", "topic", "because"),
    [
        ({}, "bulk", "petitions", None),
        ({}, "bulk", None, None),
        ({"petitions": False}, "bulk", "petitions", "petitions"),
        ({"petitions": False}, "bulk", "surveys", None),
        ({"bulk": False}, "bulk", None, "bulk"),
        ({"bulk": False, "petitions": True}, "bulk", "petitions", "bulk"),
        ({"bulk": False, "petitions": False}, "transactional", "petitions", None),
    ],
)
def test_the_rule(said: dict[str, bool], mail_class: str, topic: str | None, because: str | None) -> None:
    assert unwanted(said, mail_class, topic) == because
