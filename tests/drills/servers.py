"""A site on real servers, and the course that every drill with them takes."""

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path

from actors.broker import Message
from actors.broker.port import Published
from actors.broker.specs import engine_of
from supervision.clock import SystemClock
from supervision.config import check
from tests.drills.flow import flowing, reset
from tests.drills.site import Site, eventually, site

#: What RabbitMQ may take is short here, so that a drill need not wait for what an operator would.
QUICK = ("broker.heartbeat_seconds=2", "broker.confirm_timeout_seconds=5", "broker.connect_timeout_seconds=2")
BEFORE = 600
AFTER = 100


@contextmanager
def site_on(home: Path, broker: str | None, database: str | None, *settings: str) -> Iterator[Site]:
    """A site whose messages and ledger are on these servers; None leaves them embedded."""
    servers = [f"{name}.url={url}" for name, url in (("broker", broker), ("database", database)) if url]
    with site(home, *servers, *QUICK, *settings) as here:
        here.start()
        yield here


def survive(here: Site, fault: Callable[[], object], seconds: float = 60.0, letters: Set[str] = frozenset()) -> None:
    """Events flow before, during and after the fault. All mails arrive; those that came twice are listed in doubt.

    `letters` are the ids of the messages that must be among the dead letters.
    """
    with flowing(here, [reset(number) for number in range(BEFORE)], seconds=seconds) as flow:
        eventually(lambda: here.arrived() > 20, 20.0, "the first mails")
        fault()
        keys = flow.wait()
    with flowing(here, [reset(number) for number in range(BEFORE, BEFORE + AFTER)], seconds=seconds) as flow:
        keys |= flow.wait()
    assert len(keys) == BEFORE + AFTER
    arrived(here, keys, letters)


def arrived(here: Site, keys: set[str], letters: Set[str] = frozenset()) -> None:
    """These mails and no others, sooner or later; afterwards everybody is up again."""
    eventually(lambda: keys <= here.copies().keys(), 60.0, "all mails in the outbox")
    copies = here.copies()
    assert copies.keys() == keys
    assert {key for key, count in copies.items() if count > 1} <= here.doubted()
    eventually(lambda: dead_letters(here) >= letters, 20.0, "dead letters")
    assert dead_letters(here) == letters
    eventually(lambda: here.get("/readyz").status_code == 200, 30.0, "ready again")
    eventually(lambda: unwell(here) == {}, 30.0, f"everybody up again, not {unwell(here)}")


def dead_letters(here: Site) -> set[str]:
    """Their ids."""
    return {letter["message_id"] for letter in here.ask("broker.dead_letters")}


def unwell(here: Site) -> dict[str, str]:
    """Who does not run though it should, and why."""
    rows = {path: row for path, row in here.rows().items() if row["state"] != "running"}
    return {
        path: f"{row['state']}: {row['last_reason']}" for path, row in rows.items() if row["last_reason"] != "ignored"
    }


def reasons(here: Site, path: str) -> str:
    """Why those whose path ends so were restarted last, in the root and in its nodes."""
    rows = here.rows()
    return "\n".join(str(row["last_reason"]) for at, row in rows.items() if at.endswith(path) and row["restarts"])


def missing(here: Site) -> dict[str, str]:
    """What /readyz complains about: name -> reason."""
    return {one["name"]: one["reason"] for one in here.get("/readyz").json()["missing"]}


def publish(here: Site, broker: str | None, messages: Sequence[Message]) -> Published:
    """From a process that is not the site's, past all that POST /events checks."""
    clock = SystemClock()
    channel = engine_of(check({"broker": {"url": broker or "embedded:"}}, here.home)).publish_channel(clock)
    channel.open()
    try:
        return channel.publish(messages)
    finally:
        channel.close()
        clock.close()
