"""What leaders say of themselves, checked and filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.hub.sign_up import WrongSignUp, filled, sign_up

ASK = {"name": "name", "ask": "Name?"}


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"mode": "questions"}, "the mode questions has questions"),
        ({"questions": [ASK]}, "the mode questions has questions"),
        ({"mode": "questions", "questions": [ASK, ASK]}, "one name"),
        ({"mode": "link", "welcome": "{link}"}, r"link with {token}"),
        ({"mode": "link", "link": "https://ada.example/{token}"}, r"says {link}"),
        ({"mode": "fax"}, "mode: "),
        ({"wellcome": "hi"}, "wellcome: Extra inputs"),
        ({"away": {"text": "later", "pause_seconds": 1}}, "away.pause_seconds"),
        ({"mode": "questions", "questions": [{**ASK, "kind": "choice"}]}, "questions.0: question name"),
    ],
)
def test_what_does_not_fit(words: dict[str, object], fault: str) -> None:
    with pytest.raises(WrongSignUp, match=fault):
        sign_up(words)


def test_a_leader_needs_to_say_nothing() -> None:
    words = sign_up({})
    assert words.mode == "open"
    assert sign_up(words.model_dump(mode="json")) == words


def test_the_next_question_is_the_first_without_an_answer() -> None:
    words = sign_up({"mode": "questions", "questions": [{"name": name, "ask": "?"} for name in ("a", "b", "c")]})
    assert words.next_question({"a": 1, "c": 3}) == words.question("b")
    assert words.next_question({"a": 1, "b": 2, "c": 3}) is None


def test_what_stands_in_braces() -> None:
    assert (
        filled("{name}, {leader}! {x} { name} {", {"name": "{leader}", "leader": "Ada"})
        == "{leader}, Ada! {x} { name} {"
    )


@given(st.text(), st.text())
def test_nothing_else_changes(text: str, name: str) -> None:
    assert filled(text, {}) == text
    assert filled("<{name}>", {"name": name}) == f"<{name}>"
