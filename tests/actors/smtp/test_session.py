import threading

import pytest

from actors.smtp import Outcome
from actors.smtp.errors import ConnectFailed
from actors.smtp.session import Session
from actors.smtp.timeouts import Timeouts
from tests.actors.smtp.scripted import PATIENCE_SECONDS, Peer, Script, ScriptedServer, a_mail, scripted

A, D, U = Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.UNSENT


def session_for(server: ScriptedServer, **options: object) -> Session:
    return Session(server.url(), **options)  # type: ignore[arg-type]


def outcomes_of(session: Session, *numbers: int) -> list[Outcome]:
    return [verdict.outcome for verdict in session.send([a_mail(number) for number in numbers])]


def takes(count: int, *, quits: bool = True) -> Script:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        for _ in range(count):
            peer.take_mail()
        if quits:
            peer.hear("QUIT")
            peer.say("221 bye")

    return script


def test_a_connection_serves_many_batches() -> None:
    with scripted(takes(3)) as server:
        session = session_for(server)
        assert outcomes_of(session, 1, 2) == [A, A]
        assert outcomes_of(session, 3) == [A]
        assert server.connections == 1
        session.quit()
        assert not session.is_open


def test_an_empty_batch_opens_nothing() -> None:
    with scripted() as server:
        assert session_for(server).send([]) == []


def test_a_connection_is_renewed_after_so_many_mails() -> None:
    with scripted(takes(2), takes(2), takes(1)) as server:
        session = session_for(server, max_mails=2)
        assert outcomes_of(session, 1, 2, 3) == [A, A, A]
        assert outcomes_of(session, 4, 5) == [A, A]
        session.quit()


def test_an_old_connection_is_renewed_before_the_next_batch_and_a_young_one_is_not() -> None:
    with scripted(takes(2), takes(1)) as server:
        session = session_for(server, max_seconds=3600.0)
        assert outcomes_of(session, 1) == [A]
        assert outcomes_of(session, 2) == [A]
        session._max_seconds = 0.0
        assert outcomes_of(session, 3) == [A]
        session.quit()


def test_a_server_that_hung_up_meanwhile_is_called_again() -> None:
    gone = threading.Event()

    def leaves(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_mail()
        peer.say("421 4.4.2 idle too long")
        peer.hang_up()
        gone.set()

    with scripted(leaves, takes(1)) as server:
        session = session_for(server)
        assert outcomes_of(session, 1) == [A]
        assert gone.wait(PATIENCE_SECONDS)
        assert outcomes_of(session, 2) == [A]
        assert session.failure is None
        session.quit()


def test_a_server_with_a_limit_per_connection_is_called_again_for_the_rest() -> None:
    def limited(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_mail()
        peer.hear("MAIL")
        peer.say("421 4.7.0 enough for one connection")

    with scripted(limited, takes(2)) as server:
        session = session_for(server)
        assert outcomes_of(session, 1, 2, 3, 4) == [A, D, A, A]
        assert session.failure is None
        session.quit()


def test_one_that_cannot_be_called_again_leaves_the_rest_unsent() -> None:
    with scripted(takes(1)) as server:
        session = session_for(server, max_mails=1)
        verdicts = session.send([a_mail(1), a_mail(2)])
        assert [verdict.outcome for verdict in verdicts] == [A, U]
        assert isinstance(session.failure, ConnectFailed)
        assert "nobody takes connections" in verdicts[1].reason


def test_nobody_there_leaves_all_unsent() -> None:
    with scripted() as server:
        port = server.port
    session = Session(server.url())
    assert outcomes_of(session, 1, 2) == [U, U]
    assert str(port) in str(session.failure)


def test_the_address_is_asked_for_at_each_connect() -> None:
    with scripted(takes(1, quits=False)) as first, scripted(takes(1)) as second:
        places = [("localhost", first.port), ("localhost", second.port)]
        session = Session(first.url(), locate=lambda: places.pop(0), max_mails=1)
        assert outcomes_of(session, 1, 2) == [A, A]
        session.quit()
        assert places == []


def test_noop_tells_whether_the_server_is_still_there() -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        peer.hear("NOOP")
        peer.say("250 ok")
        peer.hear("NOOP")

    with scripted(script) as server:
        session = session_for(server)
        assert not session.noop()
        session.open()
        assert session.noop()
        assert not session.noop()
        assert not session.is_open


def test_a_farewell_is_not_waited_for_long() -> None:
    def script(peer: Peer) -> None:
        peer.greet()
        peer.hear("QUIT")
        assert peer.hear_the_end() == b""

    with scripted(script) as server:
        session = session_for(server, timeouts=Timeouts(quit=0.05))
        session.open()
        session.quit()
        session.quit()


def test_interrupt_ends_the_batch_and_opens_nothing_more() -> None:
    ready = threading.Event()

    def hangs(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_mail()
        peer.hear("MAIL")
        ready.set()
        peer.hear_the_end()

    with scripted(hangs) as server:
        session = session_for(server)

        def wake() -> None:
            assert ready.wait(PATIENCE_SECONDS)
            session.interrupt()

        waker = threading.Thread(target=wake)
        waker.start()
        assert outcomes_of(session, 1, 2, 3) == [A, U, U]
        waker.join()
        assert "interrupted" in str(session.failure)
        assert outcomes_of(session, 2) == [U]


def test_what_must_be_asked_before_content_can_stop_it() -> None:
    class Stopped(Exception):
        pass

    asked: list[int] = []

    def ask() -> None:
        asked.append(len(asked))
        if len(asked) == 2:
            raise Stopped

    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_mail()
        peer.take_opening()
        assert peer.hear_the_end() == b""

    with scripted(script) as server:
        session = session_for(server, before_content=ask)
        with pytest.raises(Stopped):
            outcomes_of(session, 1, 2, 3)
        session.close()


def test_groups_can_be_switched_off() -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.hear("MAIL")
        assert peer._unread == b""
        peer.say("550 5.7.1 no")
        peer.hear("RSET")
        peer.say("250 ok")

    with scripted(script) as server:
        session = session_for(server, pipelining=False)
        assert outcomes_of(session, 1) == [Outcome.REFUSED]
        session.close()
