"""What is answered to whom: (leader, member, text, word) -> decision. Pure; any thread.

Opt-out, help and opt-in come first, then the sign-up, then keywords, then the leader's automatic answer; what is left
waits unread for the leader. An opt-out is confirmed once: whoever has left already hears no more. An opt-in word is one
only to somebody who left: YES is an answer to a question as well. Of two such words the one that came in later counts,
whichever is looked at first.

Everything that answers of itself, but for those words, is limited per member and hour: two machines do not talk to each
other for ever.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from apps.sms.hub.member import Answer, Decision, Incoming, Leader, Member, Outcome, Word, said
from apps.sms.hub.questions import Question, Value, read
from apps.sms.hub.sign_up import filled
from apps.sms.numbers import region
from apps.sms.states import Lane, MemberState

HOUR = timedelta(hours=1)

#: Makes up what stands in the link of a sign-up: nobody guesses it.
Tokens = Callable[[], str]


def decide(leader: Leader, member: Member | None, text: Incoming, word: Word | None, tokens: Tokens = str) -> Decision:
    """What follows from one text of a conversation, given what was decided before it."""
    if not text.answerable:
        return Decision(Outcome.NO_REPLY, member and _unread(_active(member, text)))
    match word:
        case Word.OPT_OUT | Word.OPT_OUT_ALL:
            decision = _opt_out(leader, member or _new(text), text)
            return replace(decision, everywhere=word is Word.OPT_OUT_ALL)
        case Word.HELP:
            help = _confirm(leader, member, leader.sign_up.help, "help")
            return Decision(Outcome.HELPED, member and _active(member, text), (help,))
        case Word.OPT_IN if member is not None and member.state is MemberState.LEFT:
            return _opt_in(leader, member, text)
    if member is not None and member.state is MemberState.LEFT:
        return Decision(Outcome.FROM_LEFT, _unread(_active(member, text)))
    decision = _converse(leader, member, text, tokens)
    return _guarded(leader, member, text, decision)


def at_once(member: Member | None, word: Word | None) -> bool:
    """Whether a text that overtook all others may be decided on then: it says the same whatever came before it."""
    return word in (Word.OPT_OUT, Word.OPT_OUT_ALL, Word.HELP) or (
        word is Word.OPT_IN and member is not None and member.state is MemberState.LEFT
    )


# --- words -----------------------------------------------------------------------------------------------------------


def _opt_out(leader: Leader, member: Member, text: Incoming) -> Decision:
    now = _active(member, text)
    if member.state is MemberState.LEFT:
        return Decision(Outcome.NO_CHANGE, _later_word(now, text))
    if member.word_at is not None and text.at < member.word_at:
        return Decision(Outcome.NO_CHANGE, now)
    left = now.but(state=MemberState.LEFT, left_at=text.at, asked=None, word_at=text.at)
    return Decision(
        Outcome.OPTED_OUT, left, (_confirm(leader, member, leader.sign_up.stopped, "stopped"),), consent=False
    )


def _opt_in(leader: Leader, member: Member, text: Incoming) -> Decision:
    """Whoever had signed up is back; others are asked from where they were."""
    now = _active(member, text)
    if member.word_at is not None and text.at <= member.word_at:
        return Decision(Outcome.NO_CHANGE, now)
    back = now.but(left_at=None, word_at=text.at, our_number=text.our_number)
    confirmed = _confirm(leader, member, leader.sign_up.rejoined, "rejoined")
    question = leader.sign_up.next_question(member.answers)
    if member.joined_at is not None or question is None:
        joined = back.but(state=MemberState.JOINED, joined_at=member.joined_at or text.at)
        return Decision(Outcome.OPTED_IN, joined, (confirmed,), consent=True)
    asking = replace(confirmed, body=f"{confirmed.body}\n{_filled(leader, member, question.ask)}")
    return Decision(Outcome.OPTED_IN, back.but(state=MemberState.ASKED, asked=question.name), (asking,), consent=True)


# --- conversation ----------------------------------------------------------------------------------------------------


def _converse(leader: Leader, member: Member | None, text: Incoming, tokens: Tokens) -> Decision:
    if member is None:
        return _first(leader, _new(text), text, tokens)
    now = _active(member, text)
    if member.state is MemberState.ASKED:
        question = leader.sign_up.question(member.asked)
        if question is not None:
            return _answered(leader, now, text, question)
        return _asked_or_joined(leader, now, text)
    keyword = leader.keywords.get(said(text.body))
    if keyword is not None:
        answer = Answer("keyword", Lane.ANSWER, _filled(leader, member, keyword.answer))
        return Decision(Outcome.KEYWORD, now, (answer,), (keyword.tag,) if keyword.tag else ())
    return _away(leader, now, text)


def _first(leader: Leader, member: Member, text: Incoming, tokens: Tokens) -> Decision:
    """The welcome; a keyword that somebody begins with still says where they come from."""
    sign_up, keyword = leader.sign_up, leader.keywords.get(said(text.body))
    tags = (keyword.tag,) if keyword is not None and keyword.tag else ()
    token = tokens() if sign_up.mode == "link" else None
    welcome = _filled(leader, member, sign_up.welcome, link=filled(sign_up.link, {"token": token or ""}))
    question = sign_up.next_question({})
    now = _active(member, text).but(token=token)
    if sign_up.mode == "open":
        joined = now.but(state=MemberState.JOINED, joined_at=text.at)
        return Decision(Outcome.JOINED, joined, (Answer("welcome", Lane.ANSWER, welcome),), tags, consent=True)
    if question is not None:
        welcome = f"{welcome}\n{_filled(leader, member, question.ask)}"
        now = now.but(asked=question.name)
    return Decision(Outcome.ASKED, now, (Answer("welcome", Lane.ANSWER, welcome),), tags)


def _answered(leader: Leader, member: Member, text: Incoming, question: Question) -> Decision:
    value = read(question, text.body, month_first=leader.month_first)
    if value is None:
        again = _filled(leader, member, question.invalid or question.ask)
        return Decision(Outcome.ASKED_AGAIN, member, (Answer("question", Lane.ANSWER, again),))
    return _asked_or_joined(leader, _known(member, question, value), text)


def _asked_or_joined(leader: Leader, member: Member, text: Incoming) -> Decision:
    """The next question; without one the sign-up is over, unless it ends behind its link."""
    question = leader.sign_up.next_question(member.answers)
    if question is not None:
        ask = Answer("question", Lane.ANSWER, _filled(leader, member, question.ask))
        return Decision(Outcome.ASKED, member.but(asked=question.name), (ask,))
    if leader.sign_up.mode == "link":
        return Decision(Outcome.UNREAD, _unread(member))
    joined = member.but(state=MemberState.JOINED, asked=None, joined_at=text.at)
    done = Answer("done", Lane.ANSWER, _filled(leader, joined, leader.sign_up.done))
    return Decision(Outcome.JOINED, joined, (done,), consent=True)


def _known(member: Member, question: Question, value: Value) -> Member:
    now = member.but(answers={**member.answers, question.name: value})
    match question.name, value:
        case "name", str(name):
            return now.but(name=name)
        case "place", str(place):
            return now.but(place=place)
        case "born", int(year) if question.kind == "number":
            return now.but(born=year)
        case _, str(day) if question.kind == "date":
            return now.but(born=int(day[:4])) if question.name in ("born", "birthday") else now
    return now


def _away(leader: Leader, member: Member, text: Incoming) -> Decision:
    away, waiting = leader.sign_up.away, _unread(member)
    if away is None or (
        member.away_at is not None and text.at < member.away_at + timedelta(seconds=away.pause_seconds)
    ):
        return Decision(Outcome.UNREAD, waiting)
    answer = Answer("away", Lane.ANSWER, _filled(leader, member, away.text))
    return Decision(Outcome.AWAY, waiting.but(away_at=text.at), (answer,))


def _guarded(leader: Leader, before: Member | None, text: Incoming, decision: Decision) -> Decision:
    """Counts what answers of itself; past the limit the text waits for the leader and nothing else happens."""
    after = decision.member
    if not decision.answers or after is None:
        return decision
    fresh = after.automatic_since is None or text.at >= after.automatic_since + HOUR
    if not fresh and after.automatic >= leader.sign_up.automatic_per_hour:
        return Decision(Outcome.HELD_BACK, before and _unread(_active(before, text)))
    count, since = (1, text.at) if fresh else (after.automatic + 1, after.automatic_since)
    return replace(decision, member=after.but(automatic=count, automatic_since=since))


# --- words of ours ---------------------------------------------------------------------------------------------------


def _confirm(leader: Leader, member: Member | None, text: str, name: str) -> Answer:
    return Answer(name, Lane.CONFIRMATION, _filled(leader, member, text))


def _filled(leader: Leader, member: Member | None, text: str, **more: str) -> str:
    fields = {"leader": leader.name, "name": member.name if member else "", "contact": leader.sign_up.contact}
    return filled(text, {**fields, **more})


def _new(text: Incoming) -> Member:
    country = region(text.member)
    return Member(text.leader, text.member, text.our_number, MemberState.ASKED, created_at=text.at, country=country)


def _later_word(member: Member, text: Incoming) -> Member:
    return member.but(word_at=_later(member.word_at, text.at))


def _active(member: Member, text: Incoming) -> Member:
    return member.but(last_active_at=_later(member.last_active_at, text.at))


def _unread(member: Member) -> Member:
    return member.but(unread=member.unread + 1)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
