"""What is answered to whom: a function of leader, member and text."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.hub.answering import at_once, decide
from apps.sms.hub.member import Decision, Incoming, Keyword, Leader, Member, Outcome, Word
from apps.sms.hub.sign_up import sign_up
from apps.sms.states import Lane, MemberState
from tests.apps.sms.hub.conversing import MARY, NOW, OURS, QUESTIONS

WORDS = {"stop": Word.OPT_OUT, "stopall": Word.OPT_OUT_ALL, "start": Word.OPT_IN, "help": Word.HELP}
LINK = {"mode": "link", "welcome": "Join {leader}: {link}", "link": "https://ada.example/join/{token}"}


def leader(**said: Any) -> Leader:
    return Leader("ada", "Ada", sign_up(said), keywords={"vote": Keyword("Tuesday!", "voter")})


def text(body: str = "hi", second: float = 0.0, member: str = MARY) -> Incoming:
    return Incoming(1, "in:simulated:1", "ada", member, OURS, body, "simulated", NOW + timedelta(seconds=second))


def converse(whom: Leader, *bodies: str, step: float = 1.0, member: Member | None = None) -> list[Decision]:
    """Texts one after the other, `step` seconds apart."""
    decisions = []
    for place, body in enumerate(bodies):
        decisions.append(decide(whom, member, text(body, place * step), WORDS.get(body), lambda: "token"))
        member = decisions[-1].member
    return decisions


def outcomes(decisions: list[Decision]) -> list[Outcome]:
    return [decision.outcome for decision in decisions]


def said(decisions: list[Decision]) -> list[str]:
    return [answer.body for decision in decisions for answer in decision.answers]


def test_a_leader_without_questions_has_a_member_at_once() -> None:
    (joined,) = converse(leader(welcome="Hi!"), "hello")
    assert joined.member is not None
    assert (joined.outcome, joined.member.state, joined.consent) == (Outcome.JOINED, MemberState.JOINED, True)
    assert (joined.member.joined_at, joined.member.our_number) == (NOW, OURS)
    assert said([joined]) == ["Hi!"]


def test_a_number_says_its_country() -> None:
    for number, country in (("+447400123456", "GB"), ("+491701234567", "DE"), ("+88213123456", None)):
        decision = decide(leader(), None, text(member=number), None)
        assert decision.member is not None and decision.member.country == country


def test_a_sign_up_by_link_waits_for_the_link() -> None:
    first, second = converse(leader(**LINK), "hello", "are you there?")
    assert said([first, second]) == ["Join Ada: https://ada.example/join/token"]
    assert first.member is not None and second.member is not None
    assert (first.member.state, first.member.token, first.consent) == (MemberState.ASKED, "token", None)
    assert (second.outcome, second.member.unread) == (Outcome.UNREAD, 1)


def test_a_question_that_is_gone_is_not_waited_for() -> None:
    (asked,) = converse(leader(**QUESTIONS), "hi")
    fewer = leader(mode="questions", questions=[{"name": "place", "ask": "Where?"}], done="Done!")
    assert said(converse(fewer, "Mary", "Paris", member=asked.member)) == ["Where?", "Done!"]


def test_who_begins_with_a_keyword_is_asked_to_sign_up_and_gets_the_tag() -> None:
    first, second = converse(leader(), "Vote!", "VOTE")
    assert (first.outcome, first.tags) == (Outcome.JOINED, ("voter",))
    assert (second.outcome, second.tags, said([second])) == (Outcome.KEYWORD, ("voter",), ["Tuesday!"])


def test_the_automatic_answer_rests_between_two_times() -> None:
    away = leader(away={"text": "Back on Monday", "pause_seconds": 3600})
    decisions = converse(away, "hi", "one", "two", "three", step=1200)
    assert outcomes(decisions) == [Outcome.JOINED, Outcome.AWAY, Outcome.UNREAD, Outcome.UNREAD]
    (again,) = converse(away, "four", member=decisions[-1].member.but(away_at=NOW - timedelta(hours=1)))
    assert (again.outcome, again.member.unread) == (Outcome.AWAY, 4)


def test_two_machines_do_not_talk_for_ever() -> None:
    decisions = converse(leader(automatic_per_hour=5), *["vote"] * 20, step=60)
    assert outcomes(decisions) == [Outcome.JOINED, *[Outcome.KEYWORD] * 4, *[Outcome.HELD_BACK] * 15]
    assert decisions[-1].member.unread == 15
    (later,) = converse(
        leader(automatic_per_hour=5), "vote", member=decisions[-1].member.but(automatic_since=NOW - timedelta(hours=1))
    )
    assert (later.outcome, later.member.automatic) == (Outcome.KEYWORD, 1)


def test_machines_are_not_signed_up() -> None:
    for machine in ("12345", "PARCELS", "+", "+0123"):
        decision = decide(leader(), None, text("Your code is 1", member=machine), None)
        assert decision == Decision(Outcome.NO_REPLY, None)


def test_help_is_said_to_strangers_and_to_those_who_left() -> None:
    stranger, left, helped = converse(leader(contact="Call 555."), "help", "stop", "help")
    assert stranger.member is None and "Call 555." in said([stranger])[0]
    assert helped.member is not None and helped.member.state is MemberState.LEFT
    assert {answer.lane for one in (stranger, left, helped) for answer in one.answers} == {Lane.CONFIRMATION}


def test_what_may_overtake() -> None:
    (joined,), (left,) = converse(leader(), "hi"), converse(leader(), "stop")
    assert all(at_once(member, word) for member in (None, joined.member) for word in (Word.OPT_OUT, Word.HELP))
    assert not any(at_once(member, word) for member in (None, joined.member) for word in (Word.OPT_IN, None))
    assert at_once(left.member, Word.OPT_IN) and not at_once(left.member, None)


BODIES = st.lists(st.sampled_from(["hi", "Mary", "1980", "vote", "stop", "stopall", "start", "help"]), max_size=12)
LEADERS = st.sampled_from([leader(), leader(**QUESTIONS), leader(**LINK), leader(automatic_per_hour=2)])


@given(LEADERS, BODIES)
def test_nothing_but_help_is_said_to_whoever_has_left(whom: Leader, bodies: list[str]) -> None:
    left, confirmed = False, 0
    for body, decision in zip(bodies, converse(whom, *bodies), strict=True):
        names = [answer.name for answer in decision.answers]
        if body in ("stop", "stopall"):
            assert names == ([] if left else ["stopped"])
            left = True
        elif body == "start" and left:
            assert names == ["rejoined"]
            left = False
        elif left:
            assert names == (["help"] if body == "help" else [])
        confirmed += names.count("stopped")
        assert decision.member is None or (decision.member.state is MemberState.LEFT) == left


@given(LEADERS, BODIES, st.randoms(use_true_random=False))
def test_the_word_that_came_last_counts_in_whatever_order_they_are_looked_at(
    whom: Leader, bodies: list[str], rng: Any
) -> None:
    words = [text(body, second) for second, body in enumerate(bodies) if body in ("stop", "start")]
    member = converse(whom, "hi", step=0)[0].member
    shuffled = list(words)
    rng.shuffle(shuffled)
    for one in shuffled:
        member = decide(whom, member, one, WORDS[one.body]).member
    if words and words[-1].body == "stop":
        assert member is not None and member.state is MemberState.LEFT


@given(LEADERS, BODIES)
def test_consent_is_given_before_it_counts_and_withdrawn_when_it_ends(whom: Leader, bodies: list[str]) -> None:
    consent: bool | None = None
    for decision in converse(whom, *bodies):
        consent = consent if decision.consent is None else decision.consent
        if decision.member is not None and decision.member.state is MemberState.JOINED:
            assert consent is True
        if decision.member is not None and decision.member.state is MemberState.LEFT:
            assert consent is False
