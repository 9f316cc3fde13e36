"""One batch on one connection, in groups and step by step: the exact verdict of each mail, whatever happens."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.smtp import Envelope, Outcome, Timeouts, Verdict
from actors.smtp.connection import Connection
from actors.smtp.dialogue import Dialogue
from actors.smtp.envelope import Prepared, prepare
from actors.smtp.handshake import Handshake
from actors.smtp.session import Session
from tests.actors.smtp.scripted import PATIENCE_SECONDS, HungUp, Peer, Script, a_mail, scripted

A, D, R, K, U = Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.UNSENT
BOTH_WAYS = pytest.mark.parametrize("extensions", [("PIPELINING",), ("SIZE",)], ids=["groups", "steps"])
Extensions = tuple[str, ...]


@contextmanager
def session_with(script: Script, timeouts: Timeouts | None = None) -> Iterator[Session]:
    with scripted(script) as server:
        session = Session(server.url(), timeouts=timeouts)
        session.open()
        try:
            yield session
        finally:
            session.close()


def send(
    extensions: Extensions, talk: Callable[[Peer], object], mails: Sequence[Envelope], timeouts: Timeouts | None = None
) -> tuple[list[Verdict], Session]:
    def script(peer: Peer) -> None:
        peer.greet(*extensions)
        talk(peer)

    with session_with(script, timeouts) as session:
        verdicts = session.send(mails)
        assert [verdict.key for verdict in verdicts] == [mail.key for mail in mails]
        return verdicts, session


def outcomes(verdicts: Sequence[Verdict]) -> list[Outcome]:
    return [verdict.outcome for verdict in verdicts]


def mails(count: int) -> list[Envelope]:
    return [a_mail(number) for number in range(1, count + 1)]


def answer(peer: Peer, command: str, reply: str) -> None:
    peer.hear(command)
    peer.say(reply)


# --- what is written ---


def test_the_next_mail_travels_with_the_content_of_the_one_before() -> None:
    """In groups no command waits for an answer, except content for its 354 (RFC 2920)."""

    def talk(peer: Peer) -> None:
        for command in ("MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA"):
            peer.hear(command)
        peer.say("250 ok", "250 ok", "354 go")
        peer.hear_content()
        for command in ("MAIL", "RCPT", "DATA"):
            peer.hear(command)
        peer.say("250 taken", "250 ok", "250 ok", "354 go")
        peer.hear_content()
        peer.say("250 taken")
        assert peer.hear_the_end() == b""

    verdicts, session = send(("PIPELINING",), talk, mails(2))
    assert outcomes(verdicts) == [A, A]
    assert session.failure is None


def test_without_the_offer_each_command_waits_for_its_answer() -> None:
    def talk(peer: Peer) -> None:
        for command, reply in (("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "354 go")):
            assert peer.hear(command)
            assert peer._unread == b""
            peer.say(reply)
        peer.hear_content()
        assert peer._unread == b""
        peer.say("250 taken")

    verdicts, _ = send(("SIZE",), talk, mails(1))
    assert outcomes(verdicts) == [A]


@BOTH_WAYS
def test_content_arrives_with_its_dots(extensions: Extensions) -> None:
    heard: list[bytes] = []
    content = b"Subject: x\r\n\r\n.\r\n..two\r\nend"
    verdicts, _ = send(extensions, lambda peer: heard.append(peer.take_mail()), [a_mail(content=content)])
    assert heard == [b"Subject: x\r\n\r\n..\r\n...two\r\nend\r\n"]
    assert outcomes(verdicts) == [A]


# --- refusals ---


@BOTH_WAYS
@pytest.mark.parametrize(("reply", "outcome"), [("451 4.3.0 later", D), ("550 5.1.8 never", R)])
def test_a_sender_that_is_turned_down(extensions: Extensions, reply: str, outcome: Outcome) -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", reply)
        if "PIPELINING" in extensions:
            answer(peer, "RCPT", "503 5.5.1 MAIL first")
            answer(peer, "DATA", "503 5.5.1 RCPT first")
        answer(peer, "RSET", "250 ok")
        peer.take_mail()

    verdicts, session = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [outcome, A]
    assert str(verdicts[0].reply) == reply
    assert session.failure is None


@BOTH_WAYS
def test_recipients_that_are_all_turned_down(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "250 ok")
        answer(peer, "RCPT", "550 5.1.1 nobody")
        answer(peer, "RCPT", "450 4.2.1 full")
        if "PIPELINING" in extensions:
            answer(peer, "DATA", "554 5.5.1 no valid recipients")
        answer(peer, "RSET", "250 ok")

    verdicts, _ = send(extensions, talk, [a_mail(to=("b@example.org", "c@example.org"))])
    (verdict,) = verdicts
    assert (verdict.outcome, verdict.enhanced) == (D, "4.2.1")
    assert [(recipient, reply.code) for recipient, reply in verdict.refused] == [
        ("b@example.org", 550),
        ("c@example.org", 450),
    ]


@BOTH_WAYS
def test_some_recipients_turned_down_the_mail_goes_to_the_others(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "250 ok")
        answer(peer, "RCPT", "550 5.1.1 nobody")
        answer(peer, "RCPT", "251 will forward")
        answer(peer, "DATA", "354 go")
        peer.hear_content()
        peer.say("250 taken")

    verdicts, _ = send(extensions, talk, [a_mail(to=("b@example.org", "c@example.org"))])
    assert outcomes(verdicts) == [A]
    assert [recipient for recipient, _ in verdicts[0].refused] == ["b@example.org"]


def test_content_asked_for_though_nobody_gets_it_stays_empty() -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "250 ok")
        answer(peer, "RCPT", "550 5.1.1 nobody")
        answer(peer, "DATA", "354 go")
        assert peer.hear() == "."
        peer.say("554 5.5.1 no recipients")
        peer.take_mail()

    verdicts, session = send(("PIPELINING",), talk, mails(2))
    assert outcomes(verdicts) == [R, A]
    assert session.failure is None


@BOTH_WAYS
@pytest.mark.parametrize(("reply", "outcome"), [("452 4.3.1 disk full", D), ("552 5.3.4 too big", R)])
def test_data_or_content_that_is_turned_down(extensions: Extensions, reply: str, outcome: Outcome) -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "250 ok")
        answer(peer, "RCPT", "250 ok")
        answer(peer, "DATA", reply)
        answer(peer, "RSET", "250 ok")
        peer.take_opening()
        peer.hear_content()
        peer.say(reply)
        peer.take_mail()

    verdicts, session = send(extensions, talk, mails(3))
    assert outcomes(verdicts) == [outcome, outcome, A]
    assert session.failure is None


@BOTH_WAYS
def test_a_mail_that_cannot_be_put_on_this_wire_leaves_the_others_alone(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        peer.take_mail()
        peer.take_mail()

    verdicts, _ = send(extensions, talk, [a_mail(1), a_mail(2, to=("ä@example.org",)), a_mail(3)])
    assert outcomes(verdicts) == [A, R, A]
    assert "SMTPUTF8" in verdicts[1].reason


# --- the connection ends ---


@BOTH_WAYS
def test_hanging_up_after_the_dot_leaves_one_mail_in_doubt(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        peer.take_mail()
        peer.take_opening()
        peer.hear_content()
        peer.hang_up()

    verdicts, session = send(extensions, talk, mails(4))
    assert outcomes(verdicts) == [A, K, U, U]
    assert session.failure is not None
    assert not session.is_open


@BOTH_WAYS
def test_hanging_up_before_the_content_leaves_none_in_doubt(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        peer.take_mail()
        for command in ("MAIL", "RCPT"):
            answer(peer, command, "250 ok")
        peer.hear("DATA")
        peer.hang_up()

    verdicts, session = send(extensions, talk, mails(3))
    assert outcomes(verdicts) == [A, U, U]
    assert session.failure is not None


@BOTH_WAYS
def test_hanging_up_in_the_middle_of_the_content_leaves_none_in_doubt(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        peer.take_opening()
        peer.socket.recv(1000)
        peer.socket.shutdown(socket.SHUT_RDWR)

    verdicts, _ = send(extensions, talk, [a_mail(1, content=b"x\r\n" * 3_000_000), a_mail(2)])
    assert outcomes(verdicts) == [U, U]


@BOTH_WAYS
def test_an_answer_that_was_given_stays_given_when_the_rest_is_lost(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "250 ok")
        answer(peer, "RCPT", "550 5.1.1 nobody")
        peer.hear()
        peer.hang_up()

    verdicts, session = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [R, U]
    assert session.failure is not None


def test_a_refusal_of_the_sender_stays_when_the_rest_of_its_group_is_lost() -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "550 5.7.1 no")
        peer.hear("RCPT")
        peer.hear("DATA")
        peer.hang_up()

    verdicts, _ = send(("PIPELINING",), talk, mails(2))
    assert outcomes(verdicts) == [R, U]


@BOTH_WAYS
def test_no_answer_after_the_dot_in_time_is_doubt(extensions: Extensions) -> None:
    over = threading.Event()

    def talk(peer: Peer) -> None:
        peer.take_opening()
        peer.hear_content()
        over.wait(PATIENCE_SECONDS)

    def script(peer: Peer) -> None:
        peer.greet(*extensions)
        talk(peer)

    with session_with(script, Timeouts(final=0.1)) as session:
        verdicts = session.send(mails(2))
        assert outcomes(verdicts) == [K, U]
        assert "no answer within 0.1 s" in verdicts[0].reason
        over.set()


@BOTH_WAYS
def test_a_server_that_reads_nothing_leaves_none_in_doubt(extensions: Extensions) -> None:
    over = threading.Event()

    def script(peer: Peer) -> None:
        peer.greet(*extensions)
        peer.take_opening()
        over.wait(PATIENCE_SECONDS)

    with session_with(script, Timeouts(block=0.1)) as session:
        verdicts = session.send([a_mail(1, content=b"x\r\n" * 3_000_000), a_mail(2)])
        assert outcomes(verdicts) == [U, U]
        over.set()


# --- 421 and nonsense ---


@BOTH_WAYS
def test_closing_instead_of_an_answer_puts_that_mail_off(extensions: Extensions) -> None:
    """RFC 5321 3.8: 421 may stand in for any answer. No mail was taken before, so it counts as a failure."""

    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "421 4.3.2 closing")
        peer.hang_up()

    verdicts, session = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [D, U]
    assert verdicts[0].code == 421
    assert session.failure is not None


@BOTH_WAYS
def test_closing_in_answer_to_content_puts_that_mail_off(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        peer.take_opening()
        peer.hear_content()
        peer.say("421 4.3.2 closing")

    verdicts, _ = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [D, U]


@BOTH_WAYS
@pytest.mark.parametrize("nonsense", ["hello", "354 again", "250-one\r\n251 two"])
def test_nonsense_after_the_dot_is_doubt(extensions: Extensions, nonsense: str) -> None:
    def talk(peer: Peer) -> None:
        peer.take_opening()
        peer.hear_content()
        peer.say(nonsense)

    verdicts, session = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [K, U]
    assert session.failure is not None


@BOTH_WAYS
@pytest.mark.parametrize(("command", "nonsense"), [("MAIL", "354 go"), ("RCPT", "334 what"), ("DATA", "250 ok")])
def test_nonsense_before_the_content_is_no_doubt(extensions: Extensions, command: str, nonsense: str) -> None:
    def talk(peer: Peer) -> None:
        for expected in ("MAIL", "RCPT", "DATA"):
            answer(peer, expected, nonsense if expected == command else "250 ok")
            if expected == command:
                return

    verdicts, session = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [U, U]
    assert session.failure is not None


def test_an_early_yes_is_no_answer_to_content_that_was_not_sent() -> None:
    over = threading.Event()

    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_opening()
        peer.say("250 taken already")
        over.wait(PATIENCE_SECONDS)

    with session_with(script, Timeouts(block=0.1)) as session:
        assert outcomes(session.send([a_mail(content=b"x\r\n" * 3_000_000)])) == [U]
        over.set()


def test_an_early_no_is_an_answer() -> None:
    def talk(peer: Peer) -> None:
        peer.take_opening()
        peer.say("552 5.3.4 too big")
        peer.hear_content()

    verdicts, session = send(("PIPELINING",), talk, [a_mail(content=b"x\r\n" * 3_000_000)])
    assert outcomes(verdicts) == [R]
    assert session.failure is None


@BOTH_WAYS
def test_a_reset_that_fails_does_not_change_the_verdict_before_it(extensions: Extensions) -> None:
    def talk(peer: Peer) -> None:
        answer(peer, "MAIL", "550 5.7.1 no")
        if "PIPELINING" in extensions:
            answer(peer, "RCPT", "503 no")
            answer(peer, "DATA", "503 no")
        answer(peer, "RSET", "421 4.3.2 closing")

    verdicts, session = send(extensions, talk, mails(2))
    assert outcomes(verdicts) == [R, U]
    assert session.failure is not None
    verdicts, session = send(extensions, talk, mails(1))
    assert outcomes(verdicts) == [R]
    assert session.failure is not None


# --- any server ---

ANSWERS = st.sampled_from(["250 ok", "250 ok", "250 ok", "451 later", "550 never", "354 go", "421 bye", "gone", "?"])


@settings(max_examples=60)
@given(st.sampled_from([("PIPELINING",), ("SIZE",)]), st.lists(ANSWERS, max_size=24), st.integers(1, 5))
def test_whatever_the_server_says_no_mail_is_lost_or_wrongly_taken_for_sent(
    extensions: Extensions, answers: list[str], count: int
) -> None:
    """Against a server that answers at random, but keeps its own books of what it has taken."""
    taken: list[int] = []
    contents = 0

    def script(peer: Peer) -> None:
        nonlocal contents
        peer.greet(*extensions)
        wants_content = False
        for reply in answers:
            try:
                content = peer.hear_content() if wants_content else None
                command = "" if wants_content else peer.hear()
            except HungUp:
                return
            if reply == "gone":
                return
            if content:  # an empty one belongs to a mail without recipients
                contents += 1
                if reply.startswith("250"):
                    taken.append(contents)
            peer.say(reply)
            wants_content = command == "DATA" and reply.startswith("354")
        peer.hang_up()

    with scripted(script) as server:
        connection = Connection()
        offered = Handshake(connection, server.url(), "localhost", server.port, time.monotonic() + 10).open()
        dialogue = Dialogue(connection, Timeouts(), offered.pipelining, lambda: None)
        prepared = [prepare(mail, offered.keywords) for mail in mails(count)]
        found = outcomes(dialogue.run([mail for mail in prepared if isinstance(mail, Prepared)]))
        connection.close()
    assert len(found) == count
    assert found.count(K) <= 1
    assert found.count(A) <= len(taken) <= found.count(A) + found.count(K)
    if U in found:
        assert set(found[found.index(U) :]) == {U}
        assert dialogue.failure is not None
