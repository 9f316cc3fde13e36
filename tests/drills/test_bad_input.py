"""Bad input is answered with the field to blame, or dead-lettered with the reason; nobody else notices."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.broker import Message
from actors.broker.specs import engine_of
from supervision.clock import SystemClock
from supervision.config import check
from tests.drills.flow import STRUCTURED, Event, reset
from tests.drills.site import Site, eventually, site

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("bad") / "home") as one:
        one.start()
        yield one


def without(event: Event, name: str) -> Event:
    return {key: value for key, value in event.items() if key != name}


GOOD = reset(1)
#: What is sent, as JSON or octets; the status; the field that the answer blames.
CASES: dict[str, tuple[Event | bytes, int, str]] = {
    "an unknown type": ({**GOOD, "type": "horoscope"}, 400, "type"),
    "malformed JSON": (b'{"specversion": "1.0", ', 400, "(body)"),
    "text that is not UTF-8": (b'{"id": "\xff"}', 400, "(body)"),
    "no JSON object": (b"[]", 400, "(body)"),
    "no id": (without(GOOD, "id"), 400, "id"),
    "no source": (without(GOOD, "source"), 400, "source"),
    "no data": (without(GOOD, "data"), 400, "data"),
    "nobody to write to": (reset(1, to=None), 400, "data.to"),
    "an address with a line break": (reset(1, to="a@example.org\r\nBcc: eve@example.org"), 400, "data.to"),
    "an address of invalid syntax": (reset(1, to="ada at example.org"), 400, "data.to"),
    "a second address in a list that is wrong": (reset(1, to=["a@example.org", "@"]), 400, "data.to[1]"),
    "a name with a line break": (reset(1, name="Ada\r\nBcc: eve@example.org"), 400, "data.name"),
    "an unknown locale": (reset(1, locale="xx-QQ"), 400, "data.locale"),
    "a locale that is no tag": (reset(1, locale="../../etc"), 400, "data.locale"),
    "a template that lacks a variable": ({**GOOD, "data": {"to": "a@example.org"}}, 422, "data.link"),
    "a body over the limit": (reset(1, link="x" * 300_000), 413, "(body)"),
}


@pytest.mark.parametrize("case", CASES)
def test_over_http_the_answer_names_the_field_and_others_are_served(here: Site, case: str) -> None:
    bad, status, field = CASES[case]
    content = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
    answer = here.post("/events", content, STRUCTURED)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (status, field), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert_good_mail_arrives(here, case)


def assert_good_mail_arrives(here: Site, id: str) -> None:
    """The next good event is accepted, and its mail is the only one that came."""
    before = here.arrived()
    accepted = here.post("/events", json.dumps({**GOOD, "id": id.replace(" ", "-")}).encode(), STRUCTURED)
    assert accepted.status_code == 202, accepted.text
    (key,) = accepted.json()["accepted"][0]["mails"]
    eventually(lambda: key in here.copies(), 20.0, "the good mail")
    assert here.arrived() == before + 1
    assert here.copies()[key] == 1


def test_an_event_of_another_media_type_is_refused(here: Site) -> None:
    answer = here.post("/events", json.dumps(GOOD).encode(), "text/plain")
    assert (answer.status_code, answer.json()["field"]) == (415, "Content-Type")


def test_without_the_token_nothing_is_taken(here: Site) -> None:
    headers = {"Content-Type": STRUCTURED}
    answer = httpx.post(here.url("/events"), content=json.dumps(GOOD), headers=headers, timeout=10.0)
    assert answer.status_code == 401


def publish(here: Site, *messages: Message) -> None:
    """From a process of its own, past all that POST /events checks."""
    settings = check({}, here.home)
    clock = SystemClock()
    channel = engine_of(settings).publish_channel(clock)
    channel.open()
    channel.publish(messages)
    channel.close()
    clock.close()


ACCEPTED: dict[str, tuple[Any, str]] = {
    "broken": (b"{", "not valid JSON"),
    "nobody": (reset(1, to=None), "data.to is required"),
    "injection": (reset(1, to="a@example.org\r\nBcc: eve@example.org"), "data.to"),
    "elsewhere": (reset(1, locale="xx-QQ"), "data.locale"),
    "speechless": ({**GOOD, "data": {"to": "a@example.org"}}, "needs 'link'"),
}


def test_events_that_were_accepted_are_dead_lettered_with_the_reason(here: Site) -> None:
    messages = []
    for name, (event, _) in ACCEPTED.items():
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        messages.append(Message(body, "password_reset", "events", message_id=name))
    for_others = Message(b"\xff\x00", "horoscope", "events", message_id="horoscope")
    publish(here, for_others, *messages)
    eventually(lambda: letters_of(here).keys() >= ACCEPTED.keys(), 20.0, "all of them among the dead letters")
    letters = letters_of(here)
    assert for_others.message_id not in letters
    for name, (_, reason) in ACCEPTED.items():
        (death,) = letters[name]["deaths"]
        assert death["queue"] in ("email.events", "email.events.transactional")
        assert reason in death["reason"]
    assert_good_mail_arrives(here, "after the dead letters")
    # A sender may have looked for the mail server before that was there; nothing else ever ended.
    assert {why for row in here.rows().values() for why in row["restarts_by_reason"]} <= {"start_failed"}


def letters_of(here: Site) -> dict[str, dict[str, Any]]:
    return {letter["message_id"]: letter for letter in here.ask("broker.dead_letters")}


def test_a_wrong_configuration_ends_with_78_and_one_line_per_fault(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("email: {senders: 0, colour: blue}\nmta: {port: high}\nmusic: {}\n")
    there = Site(tmp_path / "home")
    done = there.command("run", "-c", str(tmp_path / "config.yaml"))
    assert done.returncode == 78
    lines = done.stderr.splitlines()
    assert "email.senders: must be >= 1" in lines
    assert sorted(line.partition(":")[0] for line in lines) == ["email.colour", "email.senders", "mta.port", "music"]
    assert not (tmp_path / "home" / "control.sock").exists()
