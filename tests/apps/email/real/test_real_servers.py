"""Our mails through real mail servers, Postfix and Haraka, into our sink: what arrives is what was written."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from actors.smtp import Envelope, Outcome, Verdict, parse_url
from actors.smtp.errors import TlsFailed
from actors.smtp.faults import is_address_fault
from actors.smtp.mta import store
from actors.smtp.session import Session
from apps.email import address, mime
from apps.email.letterhead import dkim, return_path
from apps.email.letterhead.dkim import Signer
from apps.email.templates import Rendered
from tests.actors.smtp.conftest import Certificates, certificates
from tests.actors.smtp.mta.running import RunningMta, running_mta
from tests.apps.email.letterhead.keys import Dns, ed25519_key, rsa_key
from tests.apps.email.letterhead.test_dkim import verified
from tests.servers.haraka import OwnHaraka, own_haraka
from tests.servers.postfix import OwnPostfix, own_postfix

# The first time, Haraka is fetched.
pytestmark = pytest.mark.timeout(300)
__all__ = ["certificates"]

SECRET = b"the secret of the tests"
ARRIVAL_SECONDS = 30.0
START: dict[str, Callable[[int], AbstractContextManager[OwnPostfix | OwnHaraka]]] = {
    "postfix": own_postfix,
    "haraka": own_haraka,
}
#: Each is a danger on some wire: dots, long lines, 8 bits, no line end, line ends of every kind.
TEXTS = {
    "plain": "Hello.\n",
    "dots": ".\n..\n.hidden\n\n.\n" * 20 + "\n.",
    "long": "x" * 4000 + "\n" + "word " * 2000,
    "eight bits": "Grüße, 日本語, العربية\n" * 50,
    "line ends": "one\r\ntwo\rthree\nfour\n\n\n",
    "spaces": "trailing   \n\tand tabs\t\n \n",
    "commands": "QUIT\r\nMAIL FROM:<eve@example.org>\r\nDATA\r\n",
}


@dataclass(frozen=True, slots=True)
class Hop:
    """A real server in front of our sink."""

    name: str
    server: OwnPostfix | OwnHaraka
    sink: RunningMta

    def send(self, *envelopes: Envelope, options: str = "starttls=never") -> list[Verdict]:
        session = Session(parse_url(f"smtp://localhost:{self.server.port}?{options}"))
        verdicts = session.send(envelopes)
        session.quit()
        return verdicts

    def arrived(self, count: int) -> list[store.Mail]:
        """The mails, once so many are there."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        pause = threading.Event()
        while store.count(self.sink.path) < count:
            assert time.monotonic() < deadline, f"{store.count(self.sink.path)} of {count}\n{self.server.log[-3000:]}"
            pause.wait(0.05)
        return [store.mail(self.sink.path, summary.id) for summary in store.outbox(self.sink.path, limit=count + 1)]


@pytest.fixture(params=list(START))
def hop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hop]:
    with ExitStack() as stack:
        sink = stack.enter_context(running_mta(tmp_path, durable=False))
        server = stack.enter_context(START[request.param](int(sink.address.rpartition(":")[2])))
        yield Hop(request.param, server, sink)


def letter(number: int, text: str, subject: str = "Grüße") -> mime.Mime:
    return mime.build(
        Rendered("t", "de", "ltr", ("de",), 0, 1, subject, text, f"<p>{text}</p>"),
        key=f"{number:040x}",
        domain="example.org",
        sender=address.parse("From", "Rookery <news@example.org>"),
        recipient=address.mailbox("To", f"person-{number}@elsewhere.example", "Ada Lövelace"),
        at=1_800_000_000.0,
        headers={"List-Unsubscribe": f"<https://example.org/public/unsubscribe/{'x' * 150}>"},
        mail_from=return_path.write(f"{number:040x}", "bounces.example.org", SECRET),
    )


def test_mails_arrive_as_they_were_written_and_their_signatures_hold(hop: Hop, tmp_path: Path) -> None:
    dns: Dns = {}
    signers = [Signer.of(rsa_key(tmp_path, dns)), Signer.of(ed25519_key(tmp_path, dns))]
    mails = [letter(number, text) for number, text in enumerate(TEXTS.values())]
    sent = [dkim.sign(mail.data, signers) for mail in mails]
    envelopes = [
        Envelope(mail.mail_from, (mail.rcpt_to,), data, mail.message_id) for mail, data in zip(mails, sent, strict=True)
    ]
    verdicts = hop.send(*envelopes)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.ACCEPTED] * len(mails), verdicts
    found = {mail.summary.message_id: mail for mail in hop.arrived(len(mails))}
    for mail, data in zip(mails, sent, strict=True):
        there = found[mail.message_id]
        assert there.content.endswith(data), "the server changed the mail"
        assert there.content.removesuffix(data).lower().startswith((b"received:", b"x-"))
        assert verified(there.content, dns, 0) and verified(there.content, dns, 1)
        assert there.summary.recipients == (mail.rcpt_to,)
        assert return_path.read(there.summary.sender, SECRET) == mail.message_id.strip("<>").partition("@")[0]
    assert len(found) == len(mails)


def test_hundreds_in_one_group_each_once(hop: Hop) -> None:
    mails = [letter(number, f"mail {number}\n") for number in range(300)]
    envelopes = [Envelope(mail.mail_from, (mail.rcpt_to,), mail.data, mail.message_id) for mail in mails]
    assert {verdict.outcome for verdict in hop.send(*envelopes)} == {Outcome.ACCEPTED}
    hop.arrived(300)
    assert store.copies(hop.sink.path) == {mail.message_id: 1 for mail in mails}


def test_what_it_refuses_is_told_apart(hop: Hop) -> None:
    domain = f"{hop.name}.example"
    names = ("gone", "policy", "later", "fine")
    envelopes = [Envelope("news@example.org", (f"{name}@{domain}",), letter(1, "x\n").data, name) for name in names]
    said = {verdict.key: verdict for verdict in hop.send(*envelopes)}
    refused, deferred = Outcome.REFUSED, Outcome.DEFERRED
    assert [said[name].outcome for name in names] == [refused, refused, deferred, Outcome.ACCEPTED], said
    assert (said["gone"].code, said["gone"].enhanced) == (550, "5.1.1")
    assert [is_address_fault(said[name]) for name in names] == [True, False, False, False]


def test_an_address_beyond_ascii_goes_where_smtputf8_is_offered(hop: Hop) -> None:
    """Postfix offers it. Haraka does too; what each says is what decides."""
    session = Session(parse_url(f"smtp://localhost:{hop.server.port}?starttls=never"))
    session.open()
    offered = "SMTPUTF8" in session.capabilities
    session.quit()
    mail = letter(1, "x\n")
    (verdict,) = hop.send(Envelope("news@example.org", ("用户@elsewhere.example",), mail.data, "k"))
    if not offered:
        assert (verdict.outcome, "SMTPUTF8" in verdict.reason) == (Outcome.REFUSED, True)
    else:
        assert verdict.outcome is Outcome.ACCEPTED, verdict
        assert hop.arrived(1)[0].summary.recipients == ("用户@elsewhere.example",)


def test_starttls_of_a_real_postfix_is_verified(tmp_path: Path, certificates: Certificates) -> None:
    with running_mta(tmp_path, durable=False) as sink:
        port = int(sink.address.rpartition(":")[2])
        with own_postfix(port, certificates.server, certificates.key) as server:
            hop = Hop("postfix", server, sink)
            mail = letter(1, "x\n")
            envelope = Envelope(mail.mail_from, (mail.rcpt_to,), mail.data, "k")
            (verdict,) = hop.send(envelope, options=f"starttls=required&cafile={certificates.authority}")
            assert verdict.outcome is Outcome.ACCEPTED, verdict
            content = hop.arrived(1)[0].content
            assert "with ESMTPS id" in str(message_from_bytes(content, policy=policy.default)["Received"])
            with pytest.raises(TlsFailed, match="certificate"):
                Session(parse_url(f"smtp://localhost:{server.port}?starttls=required")).open()


def test_nothing_is_lost_when_the_relay_is_away_for_a_moment(tmp_path: Path) -> None:
    """What Postfix accepted is Postfix's: it keeps it until the next server is there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with own_postfix(port) as server:
        mail = letter(1, "x\n")
        session = Session(parse_url(f"smtp://localhost:{server.port}?starttls=never"))
        (verdict,) = session.send([Envelope(mail.mail_from, (mail.rcpt_to,), mail.data, "k")])
        session.quit()
        assert verdict.outcome is Outcome.ACCEPTED
        assert verdict.reply is not None and "queued as" in verdict.reply.text
