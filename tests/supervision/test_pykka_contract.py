"""Private names of Pykka that `supervision.actor` and `supervision.mailbox` rely on. If one moves, this fails first."""

import inspect

import pykka
from pykka import _envelope, messages


def test_the_overridden_methods_exist_with_their_signatures():
    actor = pykka.ThreadingActor
    assert list(inspect.signature(actor._create_actor_inbox).parameters) == []
    assert list(inspect.signature(actor._start_actor_loop).parameters) == ["self"]
    assert list(inspect.signature(actor._actor_loop).parameters) == ["self"]
    assert list(inspect.signature(actor._handle_receive).parameters) == ["self", "message"]


def test_init_makes_the_inbox_before_the_ref():
    """The ref captures `actor_inbox`; ours must be in place by then."""
    source = inspect.getsource(pykka.Actor.__init__)
    assert source.index("_create_actor_inbox") < source.index("ActorRef(self)")


def test_envelopes_carry_a_message_and_a_future():
    envelope = _envelope.Envelope("hello")
    assert (envelope.message, envelope.reply_to) == ("hello", None)


def test_the_stop_message_is_where_it_was():
    assert inspect.isclass(messages._ActorStop)


def test_a_ref_puts_envelopes_into_the_inbox_and_asks_the_class_for_a_future():
    assert "actor_inbox.put(Envelope(message))" in inspect.getsource(pykka.ActorRef.tell)
    assert "_create_future()" in inspect.getsource(pykka.ActorRef.ask)
