"""What a text asks for by its words, in the hub's terms."""

import pytest

from apps.sms.hub.member import Member, Word
from apps.sms.hub.words import recognise
from apps.sms.states import MemberState
from tests.apps.sms.hub.conversing import MARY, NOW, OURS


def member(state: MemberState) -> Member:
    return Member("ada", MARY, OURS, state, created_at=NOW)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Stop!", Word.OPT_OUT),
        ("ARRÊT", Word.OPT_OUT),
        ("please stop texting me", Word.OPT_OUT),
        ("STOPALL", Word.OPT_OUT_ALL),
        ("unstop", Word.OPT_IN),
        ("info", Word.HELP),
        ("when does the train stop", None),
        ("", None),
    ],
)
def test_whoever_writes_it(body: str, word: Word | None) -> None:
    for whoever in (None, member(MemberState.JOINED), member(MemberState.LEFT)):
        assert recognise(body, "en", whoever) is word


def test_a_yes_asks_for_something_only_of_whoever_left() -> None:
    assert recognise("Yes", "en", member(MemberState.LEFT)) is Word.OPT_IN
    assert recognise("Yes", "en", member(MemberState.ASKED)) is None
    assert recognise("Yes", "en", None) is None
