"""The hook: everybody hears, one failing subscriber harms nobody."""

from supervision.events import DeadLetter, Event, EventHub


def test_all_subscribers_hear_in_order_until_they_unsubscribe():
    hub, heard = EventHub(), []
    first = hub.subscribe(lambda event: heard.append(("first", event.path)))
    hub.subscribe(lambda event: heard.append(("second", event.path)))
    hub.emit(DeadLetter(path="/a", message="M", reason="r"))
    first()
    hub.emit(DeadLetter(path="/b", message="M", reason="r"))
    assert heard == [("first", "/a"), ("second", "/a"), ("second", "/b")]


def fails(event: Event) -> None:
    raise ValueError(event)


def test_a_failing_subscriber_is_logged_and_counted_and_the_others_hear(caplog):
    hub, heard = EventHub(), []
    hub.subscribe(fails)
    hub.subscribe(heard.append)
    hub.emit(DeadLetter(path="/a", message="M", reason="r"))
    assert len(heard) == 1 and hub.failures == 1
    assert "a subscriber failed" in caplog.text
