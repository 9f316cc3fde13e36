import base64
import ssl
import threading

import pytest

from actors.smtp.capabilities import Capabilities
from actors.smtp.errors import AuthFailed, ConnectFailed, CredentialsRefused, GreetingRefused, NotOpened, TlsFailed
from actors.smtp.session import Session
from actors.smtp.timeouts import Timeouts
from tests.actors.smtp.conftest import Certificates
from tests.actors.smtp.scripted import PATIENCE_SECONDS, Peer, Script, ScriptedServer, scripted


def opened(server: ScriptedServer, options: str = "starttls=never", credentials: str = "") -> Capabilities:
    session = Session(server.url(options, credentials))
    session.open()
    session.close()
    return session.capabilities


def fails(expected: type[NotOpened], script: Script, options: str = "starttls=never", credentials: str = "") -> str:
    with scripted(script) as server, pytest.raises(expected) as caught:
        opened(server, options, credentials)
    return str(caught.value)


def test_what_the_server_offers_is_learnt() -> None:
    with scripted(lambda peer: peer.greet("PIPELINING", "SIZE 1000")) as server:
        assert opened(server).keywords == {"PIPELINING", "SIZE"}


def test_the_name_we_go_by() -> None:
    def script(peer: Peer) -> None:
        peer.say("220-many", "220 words")
        peer.hear("EHLO us.example")
        peer.say("250 hi")

    with scripted(script) as server:
        opened(server, "starttls=never&hello=us.example")


def test_a_server_without_ehlo_is_greeted_the_old_way() -> None:
    def script(peer: Peer) -> None:
        peer.say("220 old")
        peer.hear("EHLO")
        peer.say("502 what?")
        peer.hear("HELO")
        peer.say("250 PIPELINING")

    with scripted(script) as server:
        assert not opened(server).keywords


@pytest.mark.parametrize("greeting", ["554 5.7.1 no", "421 4.3.2 closing", "354 what"])
def test_a_server_that_takes_no_mail_is_not_used(greeting: str) -> None:
    assert greeting[:3] in fails(GreetingRefused, lambda peer: peer.say(greeting))


def test_a_server_that_wants_no_introduction_is_not_used() -> None:
    def script(peer: Peer) -> None:
        peer.say("220 hi")
        peer.hear("EHLO")
        peer.say("451 later")

    fails(GreetingRefused, script)


def test_what_is_not_smtp_is_not_used() -> None:
    fails(ConnectFailed, lambda peer: peer.say("SSH-2.0-OpenSSH_9.9"))
    fails(ConnectFailed, lambda peer: peer.hang_up())


def test_the_whole_opening_has_one_deadline() -> None:
    over = threading.Event()
    with scripted(lambda peer: over.wait(PATIENCE_SECONDS)) as server:
        with pytest.raises(ConnectFailed, match="no answer"):
            Session(server.url(), timeouts=Timeouts(open=0.1)).open()
        over.set()


# --- encryption ---


def secured(certificates: Certificates, *after: str) -> Script:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS", "PIPELINING", "AUTH PLAIN")
        peer.hear("STARTTLS")
        peer.say("220 go")
        peer.start_tls(certificates.context)
        peer.hear("EHLO")
        peer.say(*[f"250-{line}" for line in ("scripted", *after)], "250 SIZE")

    return script


def test_what_was_offered_in_clear_is_forgotten(certificates: Certificates) -> None:
    for mode in ("opportunistic", "required"):
        with scripted(secured(certificates, "8BITMIME")) as server:
            offered = opened(server, f"starttls={mode}&cafile={certificates.authority}")
            assert offered.keywords == {"8BITMIME", "SIZE"}


def test_starttls_is_left_alone_when_told_so() -> None:
    with scripted(lambda peer: peer.greet("STARTTLS")) as server:
        assert opened(server, "starttls=never").keywords == {"STARTTLS"}


def test_required_encryption_that_is_not_offered_ends_it() -> None:
    assert "required" in fails(TlsFailed, lambda peer: peer.greet("SIZE"), "starttls=required")


def test_required_encryption_that_is_refused_ends_it() -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS")
        peer.hear("STARTTLS")
        peer.say("454 4.7.0 not now")

    assert "454" in fails(TlsFailed, script, "starttls=required")


@pytest.mark.parametrize("injected", ["250 injected", "250-inject"])
def test_words_slipped_in_before_the_encryption_end_it(injected: str) -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS")
        peer.hear("STARTTLS")
        peer.say("220 go", injected)
        peer.hear_the_end()

    assert "in clear" in fails(TlsFailed, script, "starttls=required")


def test_words_slipped_in_a_moment_later_end_it_too() -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS")
        peer.hear("STARTTLS")
        peer.say("220 go")
        peer.socket.recv(1)  # the first octet of the handshake: the answer to STARTTLS was read alone
        peer.say("250 injected")
        peer.hear_the_end()

    fails(TlsFailed, script, "starttls=required")


def end_quietly(peer: Peer, context: ssl.SSLContext) -> None:
    try:
        peer.start_tls(context)
    except OSError:
        return  # the client did not like our certificate
    peer.hear_the_end()


def test_a_certificate_nobody_vouches_for_ends_it(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.greet("STARTTLS")
        peer.hear("STARTTLS")
        peer.say("220 go")
        end_quietly(peer, certificates.context)

    assert "certificate" in fails(TlsFailed, script, "starttls=required")


def test_it_is_taken_when_the_url_says_so(certificates: Certificates) -> None:
    with scripted(secured(certificates)) as server:
        assert opened(server, "starttls=required&verify=false").keywords == {"SIZE"}


def test_a_certificate_of_another_name_ends_it(certificates: Certificates) -> None:
    with scripted(lambda peer: end_quietly(peer, certificates.stranger)) as server:
        url = server.url(f"cafile={certificates.authority}", scheme="smtps")
        with pytest.raises(TlsFailed, match="mismatch"):
            Session(url).open()


def test_encryption_from_the_first_octet(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        peer.start_tls(certificates.context)
        peer.greet("STARTTLS", "SIZE")

    with scripted(script) as server:
        session = Session(server.url(f"cafile={certificates.authority}", scheme="smtps"))
        session.open()
        session.close()
        assert "SIZE" in session.capabilities


# --- credentials ---


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_plain_is_preferred() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH LOGIN PLAIN")
        peer.hear("AUTH PLAIN " + coded("\0ada\0pä:ss"))
        peer.say("235 2.7.0 welcome")

    with scripted(script) as server:
        opened(server, "starttls=never", "ada:p%C3%A4%3Ass@")


def test_login_where_there_is_no_plain() -> None:
    def script(peer: Peer) -> None:
        peer.greet("AUTH LOGIN CRAM-MD5")
        peer.hear("AUTH LOGIN")
        peer.say("334 VXNlcm5hbWU6")
        peer.hear(coded("ada"))
        peer.say("334 UGFzc3dvcmQ6")
        peer.hear(coded("secret"))
        peer.say("235 welcome")

    with scripted(script) as server:
        opened(server, "starttls=never", "ada:secret@")


def test_wrong_credentials_are_said_without_them() -> None:
    def plain(peer: Peer) -> None:
        peer.greet("AUTH PLAIN")
        peer.hear("AUTH PLAIN")
        peer.say("535 5.7.8 wrong")

    def login(peer: Peer) -> None:
        peer.greet("AUTH LOGIN")
        peer.hear("AUTH LOGIN")
        peer.say("535 5.7.8 wrong")

    for script in (plain, login):
        message = fails(CredentialsRefused, script, "starttls=never", "ada:hunter2@")
        assert "535 5.7.8 wrong" in message
        assert "hunter2" not in message
        assert coded("hunter2") not in message


def test_an_unknown_way_to_authenticate_ends_it() -> None:
    fails(AuthFailed, lambda peer: peer.greet("AUTH CRAM-MD5"), "starttls=never", "ada:secret@")


def test_a_password_is_not_sent_in_clear_unless_told_so() -> None:
    heard: list[bytes] = []

    def script(peer: Peer) -> None:
        peer.greet("AUTH PLAIN")
        heard.append(peer.hear_the_end())

    fails(AuthFailed, script, "starttls=opportunistic", "ada:secret@")
    fails(TlsFailed, script, "starttls=required", "ada:secret@")
    assert heard == [b"", b""]


def test_a_password_goes_over_encryption(certificates: Certificates) -> None:
    def script(peer: Peer) -> None:
        secured(certificates, "AUTH PLAIN")(peer)
        peer.hear("AUTH PLAIN " + coded("\0ada\0secret"))
        peer.say("235 welcome")

    with scripted(script) as server:
        opened(server, f"cafile={certificates.authority}", "ada:secret@")
