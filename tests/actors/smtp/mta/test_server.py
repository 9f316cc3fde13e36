import socket
import threading
from pathlib import Path

import pytest

from actors.smtp import Outcome
from actors.smtp.errors import AuthFailed, TlsFailed
from actors.smtp.mta import APP, store
from actors.smtp.mta.server import PATH, Mta, probes, supervisor
from actors.smtp.sender import MTA_ADDRESS
from actors.smtp.session import Session
from supervision import ChildExited, ChildStarted, FaultRule
from supervision.testing import running
from supervision.verbs import Site
from tests.actors.smtp.conftest import Certificates
from tests.actors.smtp.mta.running import RunningMta, running_mta, settings_for
from tests.actors.smtp.scripted import a_mail

A, D, R, K, U = Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.UNSENT


def crash(mta: RunningMta) -> None:
    mta.run.system.faults.add(FaultRule("crash", PATH))
    mta.run.events.expect(ChildExited, lambda event: event.path == PATH)
    mta.run.events.expect(ChildStarted, lambda event: event.path == PATH)


def connected(mta: RunningMta) -> socket.socket:
    host, _, port = mta.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_two_thousand_mails_in_groups_each_once(tmp_path: Path) -> None:
    with running_mta(tmp_path, durable=False) as mta:
        session = Session(mta.url())
        for start in range(0, 2000, 100):
            verdicts = session.send([a_mail(number) for number in range(start, start + 100)])
            assert {verdict.outcome for verdict in verdicts} == {A}
        session.quit()
        assert store.count(mta.path) == 2000
        assert store.copies(mta.path) == {f"<{number}@example.org>": 1 for number in range(2000)}
        contents = {store.mail(mta.path, summary.id).content for summary in store.outbox(mta.path, limit=50)}
        assert contents == {a_mail(number).content for number in range(50)}


def test_several_senders_at_once_each_mail_once(tmp_path: Path) -> None:
    with running_mta(tmp_path) as mta:
        threads = [
            threading.Thread(target=mta.send, args=[a_mail(number) for number in range(start, start + 50)])
            for start in range(0, 200, 50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert store.copies(mta.path) == {f"<{number}@example.org>": 1 for number in range(200)}
        assert store.count(mta.path) == 200


def test_what_it_offers(tmp_path: Path) -> None:
    with running_mta(tmp_path, max_message_bytes=5000) as mta:
        session = Session(mta.url())
        session.open()
        offered = session.capabilities
        session.quit()
    assert {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"} <= offered.keywords
    assert offered.extensions["SIZE"] == ("5000",)
    assert "STARTTLS" not in offered
    assert "AUTH" not in offered


def test_a_mail_is_kept_as_it_is(tmp_path: Path) -> None:
    content = "Subject: ä\r\n\r\n.\r\n..\r\n日本語\r\n".encode()
    mail = a_mail(1, to=("ä@bücher.example", "b@example.org"), content=content)
    with running_mta(tmp_path) as mta:
        assert mta.outcomes(mail) == [A]
        (summary,) = store.outbox(mta.path)
        assert summary.recipients == ("ä@bücher.example", "b@example.org")
        assert (summary.sender, summary.subject) == ("a@example.org", "ä")
        assert store.mail(mta.path, summary.id).content == content


def test_the_null_sender_is_kept_as_empty(tmp_path: Path) -> None:
    with running_mta(tmp_path) as mta, connected(mta) as peer:
        peer.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        peer.sendall(b"Subject: x\r\n\r\nx\r\n.\r\nQUIT\r\n")
        answers = b"".join(iter(lambda: peer.recv(65536), b""))
        assert b"\r\n250 2.6.0 Kept\r\n221 2.0.0 Bye\r\n" in answers
        assert store.outbox(mta.path)[0].sender == ""


def test_too_large_is_refused_by_its_size_alone(tmp_path: Path) -> None:
    with running_mta(tmp_path, max_message_bytes=2000) as mta:
        large = a_mail(1, content=b"Subject: x\r\n\r\n" + b"x" * 70 + b"\r\n" * 2000)
        (verdict, other) = mta.send(large, a_mail(2))
        assert (verdict.outcome, verdict.code, verdict.enhanced) == (R, 552, "5.3.4")
        assert other.outcome is A
        assert store.count(mta.path) == 1


# --- rules ---


def test_rules_decline_delay_and_hang_up(tmp_path: Path) -> None:
    rules = [
        {"recipient": "later@*", "reply": "451 4.7.1 slow down"},
        {"recipient": "never@*", "at": "data", "reply": "554 5.7.1 spam"},
        {"recipient": "slow@*", "delay_seconds": 0.05},
        {"recipient": "gone@*", "at": "data", "drop": "before"},
        {"recipient": "lost@*", "at": "data", "drop": "after"},
        {"recipient": "cut@*", "drop": "before"},
    ]
    with running_mta(tmp_path, behaviour=rules) as mta:

        def outcome(name: str) -> Outcome:
            return mta.outcomes(a_mail(to=(f"{name}@example.org",)), a_mail())[0]

        assert [outcome(name) for name in ("later", "never", "slow", "gone", "lost", "cut")] == [D, R, A, K, K, U]
        kept = [summary.recipients[0] for summary in store.outbox(mta.path)]
        assert kept.count("gone@example.org") == 0
        assert kept.count("lost@example.org") == 1
        assert kept.count("slow@example.org") == 1
        actor = mta.run.system.registry.running(PATH)
        assert isinstance(actor, Mta)
        assert (actor.counts["deferred"], actor.counts["refused"], actor.counts["dropped"]) == (1, 1, 3)


def test_a_store_that_fails_puts_mails_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_mta(tmp_path) as mta:
        actor = mta.run.system.registry.running(PATH)
        assert isinstance(actor, Mta)
        assert actor._store is not None
        actor._store._connection.execute("DROP TABLE mails")
        verdict, second = mta.send(a_mail(1), a_mail(2))
        assert (verdict.outcome, verdict.enhanced, second.outcome) == (D, "4.3.0", D)
        assert actor.counts["failed"] == 2


# --- encryption and credentials ---


def test_encryption_and_password(tmp_path: Path, certificates: Certificates) -> None:
    section = {
        "certificate": str(certificates.server),
        "key": str(certificates.key),
        "require_tls": True,
        "user": "ada",
        "password": "s3cret",
    }
    with running_mta(tmp_path, **section) as mta:
        trust = f"cafile={certificates.authority}"
        session = Session(mta.url(trust, "ada:s3cret@"))
        assert [verdict.outcome for verdict in session.send([a_mail(1), a_mail(2)])] == [A, A]
        assert "STARTTLS" not in session.capabilities
        session.quit()
        with pytest.raises(AuthFailed, match="535"):
            Session(mta.url(trust, "ada:wrong@")).open()
        with pytest.raises(TlsFailed):
            Session(mta.url("", "ada:s3cret@")).open()
        without_password = Session(mta.url(trust))
        assert without_password.send([a_mail(3)])[0].code == 530
        without_password.quit()
        in_clear = Session(mta.url("starttls=never"))
        assert in_clear.send([a_mail(4)])[0].code == 530
        in_clear.quit()
        assert store.count(mta.path) == 2


# --- its life ---


def test_a_restart_keeps_the_port_and_the_mails(tmp_path: Path) -> None:
    with running_mta(tmp_path) as mta:
        address = mta.address
        assert mta.outcomes(a_mail(1)) == [A]
        session = Session(mta.url())
        session.open()
        crash(mta)
        assert mta.address == address
        assert not session.noop()
        assert mta.outcomes(a_mail(2)) == [A]
        assert store.count(mta.path) == 2


def test_a_port_that_is_taken_is_waited_for(tmp_path: Path) -> None:
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]
    with running(supervisor(settings_for(tmp_path, {"port": port}))) as run:
        event = run.events.expect(ChildExited, lambda event: event.path == PATH)
        assert f"127.0.0.1:{port}" in str(event.reason)
        other.close()
        run.wait_state(PATH, "running")
        assert run.system.facts[MTA_ADDRESS] == f"127.0.0.1:{port}"


def test_the_end_of_its_loop_is_a_crash_and_a_new_beginning(tmp_path: Path) -> None:
    with running_mta(tmp_path) as mta:
        actor = mta.run.system.registry.running(PATH)
        assert isinstance(actor, Mta)
        actor._loop_ended(RuntimeError("out of memory"))
        event = mta.run.events.expect(ChildExited, lambda event: event.path == PATH)
        assert "out of memory" in str(event.reason)
        mta.run.events.expect(ChildStarted, lambda event: event.path == PATH)
        assert mta.outcomes(a_mail(1)) == [A]


def test_disabled_it_does_not_run(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, {"enabled": False})
    with running(supervisor(settings)) as run:
        run.wait_state(PATH, "stopped")
        assert MTA_ADDRESS not in run.system.facts
        assert probes(Site(run.system, settings))[0].check() is None


def test_it_says_whether_it_is_ready(tmp_path: Path) -> None:
    with running_mta(tmp_path) as mta:
        (probe,) = APP.load("probes")(Site(mta.run.system, mta.settings))
        assert probe.check() is None
    assert probe.check() == "the embedded mail server is not running"


def test_its_metrics(tmp_path: Path) -> None:
    with running_mta(tmp_path) as mta:
        mta.outcomes(a_mail(1), a_mail(2))
        (family,) = APP.load("metrics")(Site(mta.run.system, mta.settings)).collect()
    values = {sample.labels["outcome"]: sample.value for sample in family.samples}
    assert values == {"kept": 2, "deferred": 0, "refused": 0, "dropped": 0, "garbled": 0, "failed": 0}
