"""Connections that fail, and SMSCs that refuse, hang or die."""

import socket

import pytest

from actors.carrier.port import Accepted, Arrived, Inbound, InDoubt, LinkLost, LinkReady, Outcomes, Unsent
from actors.smpp import bind_spec, bind_specs, commands
from actors.smpp.statuses import RX_T_APPN
from supervision import SHUTDOWN, ChildExited, ChildParked, ChildSpec
from supervision.testing import Inbox, Probe, running
from tests.actors.smpp.conftest import BIND, office
from tests.actors.smpp.test_bind_in import send, send_long
from tests.actors.smpp.wire import config, frame, piece
from tests.actors.smtp.conftest import Certificates
from tests.servers.relay import relay
from tests.servers.smsc import OwnSmsc, own_smsc

pytestmark = pytest.mark.timeout(300)


def exited(event: object) -> bool:
    return isinstance(event, ChildExited) and event.path == "/bind"


def test_pieces_that_wait_in_the_mailbox_are_unsent(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        hub.suspend(BIND)
        hub.hand_over(piece(key="a"), piece(key="b"))
        smsc.tell(drop=None)  # seen also by an actor that is suspended
        assert [(one.key, one.verdict) for one in hub.outcomes(2)] == [
            (key, Unsent("the SMSC closed the connection")) for key in "ab"
        ]
        assert smsc.submitted() == 0


@pytest.mark.parametrize("how", ["drop", "kill"])
def test_a_full_window_is_in_doubt_the_rest_unsent(smsc: OwnSmsc, how: str) -> None:
    smsc.behave(silent=True)
    with office(smsc.place, window=4) as hub:
        first = hub.ready()
        hub.hand_over(*(piece(key=str(number)) for number in range(7)))
        for _ in range(4):
            smsc.event("submit")
        smsc.kill() if how == "kill" else smsc.tell(drop=None)
        outcomes = hub.outcomes(7)
        assert [(one.key, type(one.verdict)) for one in outcomes] == [
            *((str(number), InDoubt) for number in range(4)),
            *((str(number), Unsent) for number in range(4, 7)),
        ]
        lost = hub.heard.expect(LinkLost)
        assert (lost.link, lost.incarnation) == ("/bind", first.incarnation)
        kinds = [type(one) for one in hub.heard.seen]
        assert kinds.index(LinkLost) > kinds.index(Outcomes), "every outcome comes before"
        if how == "drop":
            smsc.behave(silent=False)
            assert hub.ready().incarnation > first.incarnation
            hub.hand_over(piece(key="again"))
            assert [type(one.verdict) for one in hub.outcomes(1)] == [Accepted]


def place_of(server: socket.socket) -> str:
    return f"127.0.0.1:{server.getsockname()[1]}"


def nobody() -> str:
    """A place where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return place_of(taken)


def test_the_next_host_is_tried(smsc: OwnSmsc) -> None:
    with office(nobody(), smsc.place) as hub:
        hub.ready()
        smsc.event("bound", command="bind_transceiver", system_id="rookery", version=0x34)


def test_with_the_smsc_down_it_waits_and_holds_up_nothing() -> None:
    with office(nobody(), nobody()) as hub:
        event = hub.run.events.expect(ChildExited, exited)
        assert str(event.reason).count("nobody takes connections") == 2
        hub.run.wait_state("/hub", "running")


def test_wrong_credentials_park_it(smsc: OwnSmsc) -> None:
    with office(smsc.place, password="wrong") as hub:
        event = hub.run.events.expect(ChildParked)
        assert event.path == "/bind"
        assert "ESME_RINVPASWD" in str(event.reason)
        assert "wrong" not in str(event.reason)


def test_a_refusal_that_may_pass_is_tried_again(smsc: OwnSmsc) -> None:
    smsc.behave(bind_status=0x0D)
    with office(smsc.place) as hub:
        event = hub.run.events.expect(ChildExited, exited)
        assert "ESME_RBINDFAIL(0x0d)" in str(event.reason)
        smsc.behave(bind_status=None)
        hub.ready()


def test_an_smsc_that_says_nothing_to_enquire_link_is_given_up(smsc: OwnSmsc) -> None:
    with office(smsc.place, seconds={"idle": 0.1, "enquiry": 0.2}) as hub:
        hub.ready()
        smsc.event("enquire_link")
        smsc.event("enquire_link")
        smsc.behave(silent_enquiries=True)
        assert "no answer to enquire_link" in hub.heard.expect(LinkLost).reason
        smsc.behave(silent_enquiries=False)
        hub.ready()


def test_its_own_enquiries_are_answered(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        smsc.tell(enquire=None)
        smsc.event("enquire_link_resp")


def test_it_answers_too_few_texts(smsc: OwnSmsc) -> None:
    smsc.behave(silent=True)
    with office(smsc.place, window=2, seconds={"response": 0.2}) as hub:
        hub.ready()
        hub.hand_over(piece(key="a"), piece(key="b"), piece(key="c"))
        told = {one.key: type(one.verdict) for one in hub.outcomes(3)}
        assert told == {"a": InDoubt, "b": InDoubt, "c": Unsent}
        assert "too few" in hub.heard.expect(LinkLost).reason


def test_the_smsc_unbinds_us_and_we_bind_again(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        smsc.tell(unbind=None)
        smsc.event("unbind_resp")
        assert "unbound" in hub.heard.expect(LinkLost).reason
        hub.ready()


def test_octets_that_are_no_smpp_end_it(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        smsc.tell(raw="00000003" + "00" * 16)
        assert "does not speak SMPP" in hub.heard.expect(LinkLost).reason
        hub.ready()


def test_a_network_that_goes_silent_is_noticed(smsc: OwnSmsc) -> None:
    with relay(smsc.port) as way, office(f"127.0.0.1:{way.port}", seconds={"idle": 0.2, "enquiry": 0.2}) as hub:
        hub.ready()
        way.silence()
        assert "no answer" in hub.heard.expect(LinkLost).reason
        way.resume()
        hub.ready()


def test_what_was_not_answered_comes_again_under_its_name(smsc: OwnSmsc) -> None:
    with office(smsc.place) as hub:
        hub.ready()
        send(smsc, "a", b"hello")
        first = hub.arrived()
        smsc.tell(drop=None)
        hub.ready()
        send(smsc, "again", b"hello")
        second = hub.arrived()
        assert second.item == first.item
        hub.settle(first)  # of the connection that is gone, and so is its token
        hub.settle(second)
        assert smsc.event("deliver_resp", ref="again")["status"] == 0


def test_parts_outlive_the_connection(smsc: OwnSmsc) -> None:
    text = "x" * 400
    with office(smsc.place, seconds={"part": 0.05}) as hub:
        hub.ready()
        send_long(smsc, text, (0,))
        smsc.event("deliver_resp", ref="part-0")
        smsc.tell(drop=None)
        hub.ready()
        send_long(smsc, text, (1, 2))
        arrived = hub.arrived()
        assert isinstance(arrived.item, Inbound) and arrived.item.text == text


def test_tls_is_verified(certificates: Certificates) -> None:
    with own_smsc(certificates.key, certificates.server) as server:
        place = f"localhost:{server.port}"
        with office(place, tls=True, tls_ca_file=certificates.authority, window=200) as hub:
            hub.ready()
            hub.hand_over(*(piece(key=str(number)) for number in range(500)))
            assert {type(one.verdict) for one in hub.outcomes(500)} == {Accepted}
        with office(place, tls=True) as hub:
            event = hub.run.events.expect(ChildExited, exited)
            assert "certificate" in str(event.reason)
        with office(place, tls=True, tls_verify=False) as hub:
            hub.ready()


def test_an_smsc_that_never_answers_does_not_hold_up_a_stop() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, office(place_of(server), seconds={"farewell": 0}) as hub:
        client, _ = server.accept()
        with client:
            assert client.recv(1024).startswith(b"\0\0\0")
            hub.run.root.stop()
            assert hub.run.root.wait(10.0) is not None
    assert not any(isinstance(one, LinkReady) for one in hub.heard.seen)


def test_what_the_kernel_did_not_take_is_unsent() -> None:
    """The SMSC reads three texts and no more: others in its buffers may have been read, the rest surely was not."""
    answer = frame(commands.BIND_TRANSCEIVER_RESP, 1, system_id="SMSC")
    text = "x" * 60_000
    pieces = [piece(key=str(number), body=text.encode(), text=text, units=400) for number in range(300)]
    with socket.create_server(("127.0.0.1", 0)) as server, office(place_of(server), window=300) as hub:
        client, _ = server.accept()
        with client:
            client.recv(1024)
            client.sendall(answer)
            hub.ready()
            hub.hand_over(*pieces)
            assert len(client.recv(200_000, socket.MSG_WAITALL)) == 200_000
        outcomes = hub.outcomes(300)
    kinds = [type(one.verdict) for one in outcomes]
    left = kinds.count(InDoubt)
    assert 3 <= left < 300
    assert kinds == [InDoubt] * left + [Unsent] * (300 - left)


def test_one_actor_may_be_subscriber_and_intake(smsc: OwnSmsc) -> None:
    heard = Inbox()
    hub = ChildSpec(id="hub", actor=Probe, args=(heard,))
    bind = bind_spec("bind", "acme", config(hosts=(smsc.place,)), "/hub", "/hub")
    with running(hub, bind) as run:
        for ref in "abc":
            heard.expect(LinkReady)
            send(smsc, ref, ref.encode())
            assert isinstance(heard.expect(Arrived).item, Inbound)
            actor = run.system.registry.running("/hub")
            assert actor is not None
            actor.request_stop(SHUTDOWN)
            assert smsc.event("deliver_resp", ref=ref)["status"] == RX_T_APPN
        heard.expect(LinkReady)
    assert [type(one) for one in heard.seen].count(LinkReady) == 4


def test_of_several_binds_one_receives() -> None:
    specs = bind_specs("acme", "acme", config(), "/hub", "/intake", binds=3)
    assert [spec.id for spec in specs] == ["acme-1", "acme-2", "acme-3"]
    assert [spec.args[1].bind for spec in specs] == ["transceiver", "transmitter", "transmitter"]
