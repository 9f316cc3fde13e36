"""What a queue's arguments are."""

from actors.broker import Queue
from actors.broker.rabbitmq.declaring import UNLIMITED, arguments, is_quorum


def test_a_quorum_queue_loses_no_dead_letter() -> None:
    assert arguments(Queue("q"), "quorum") == {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "dead-letters",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-delivery-limit": UNLIMITED,
    }


def test_a_classic_queue_is_given_only_what_it_knows() -> None:
    queue = Queue("q", delivery_limit=3, dead_letter_routing_key="k")
    assert arguments(queue, "classic") == {
        "x-queue-type": "classic",
        "x-dead-letter-exchange": "dead-letters",
        "x-dead-letter-routing-key": "k",
    }


def test_the_queue_says_its_type_before_the_section_does() -> None:
    assert is_quorum(Queue("q", type="quorum"), "classic")
    assert not is_quorum(Queue("q", type="classic"), "quorum")


def test_what_is_soon_gone_is_never_replicated() -> None:
    assert arguments(Queue("q", None, type="quorum", exclusive=True), "quorum") == {"x-queue-type": "classic"}
    expiring = Queue("q", None, expires_seconds=60, message_ttl_seconds=1.5, single_active_consumer=True)
    assert arguments(expiring, "quorum") == {
        "x-queue-type": "classic",
        "x-expires": 60_000,
        "x-message-ttl": 1500,
        "x-single-active-consumer": True,
    }


def test_a_delivery_limit() -> None:
    assert arguments(Queue("q", None, delivery_limit=5), "quorum")["x-delivery-limit"] == 5
