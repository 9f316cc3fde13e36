"""Rules, changed and tried through their verbs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.email import ledger
from apps.email.cloudevents import Event
from apps.email.compose import compose
from apps.email.config import Email
from apps.email.errors import EmailError
from apps.email.ledger import Claim, Result
from apps.email.metrics import probes
from apps.email.parcel import Facts
from apps.email.rulebook import shadows
from apps.email.rulebook.book import BadRule, Book, NoRule, write
from apps.email.rulebook.events import keep
from apps.email.rulebook.shadows import Shadow
from apps.email.rulebook.verbs import VERBS
from apps.email.rules import Decided, decide
from apps.email.states import State
from apps.email.templates import open_templates
from apps.email.trace import Trace
from apps.people.address import parse
from apps.people.profile import Draft
from apps.people.suppression import Why, suppress
from apps.people.upsert import upsert
from supervision.verbs import Site
from tests.apps.email.deciding import Desk, event

VERB = {verb.name: verb for verb in VERBS}
RULE = {"event": "password_reset", "template": "password_reset", "class": "bulk", "topic": "news"}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ask(site: Site, name: str, /, **params: Any) -> Any:
    verb = VERB[name]
    return verb.run(site, verb.params.model_validate(params))


def try_out(site: Site, of: Event, at: datetime = NOON) -> dict[str, dict[str, Any]]:
    """By address, what the rules would do with the event."""
    given = {"id": of.id, "source": of.source, "type": of.type, "time": of.time, "data": of.data}
    answer = ask(site, "rule.test", event={key: one for key, one in given.items() if one is not None}, at=at)
    return {mail["address"]: mail for mail in answer["mails"]}


def test_rules_of_the_database_stand_over_those_of_the_configuration_with_who_and_when(site: Site) -> None:
    assert {one["from"] for one in ask(site, "rule.list")} == {"config"}
    ask(site, "rule.edit", name="password_reset", rule=RULE, by="ada", note="slower")
    ask(site, "rule.edit", name="password_reset", rule={**RULE, "when": "data.x > 1"}, by="bob")
    shown = ask(site, "rule.show", name="password_reset")
    assert shown["from"] == "database" and shown["rule"] == {**RULE, "when": "data.x > 1"}
    assert [(one["version"], one["changed_by"], one["note"]) for one in shown["versions"]] == [
        (2, "bob", ""),
        (1, "ada", "slower"),
    ]
    (line,) = (one for one in ask(site, "rule.list") if one["name"] == "password_reset")
    assert (line["from"], line["class"], line["changed_by"]) == ("database v2", "bulk", "bob")
    assert ask(site, "rule.remove", name="password_reset", by="ada")["left"] == "config"
    assert ask(site, "rule.show", name="password_reset")["from"] == "config"


def test_a_rule_that_would_not_do_any_more_is_listed_with_what_is_wrong(site: Site, still: Desk) -> None:
    with still.database.begin() as conn:
        write(conn, "old", {**RULE, "template": "gone"}, "ada", "", 0.0)
        write(conn, "older", {"template": 7}, "ada", "", 0.0)
    lines = {one["name"]: one for one in ask(site, "rule.list")}
    assert "gone" in lines["old"]["error"] and lines["old"]["class"] == "bulk"
    assert "class" in lines["older"]["error"] and lines["older"]["changed_by"] == "ada"
    assert lines["password_reset"]["error"] is None
    (probe,) = (one for one in probes(site) if one.name == "email.rules")
    assert "gone" in (probe.check() or "")
    ask(site, "rule.remove", name="old", by="ada")
    ask(site, "rule.remove", name="older", by="ada")
    assert "old" not in {one["name"] for one in ask(site, "rule.list")}
    assert probe.check() is None


def test_names_are_added_once_and_only_what_is_there_is_changed(site: Site) -> None:
    ask(site, "rule.add", name="second", rule=RULE, by="ada")
    for name in ("second", "password_reset"):
        with pytest.raises(BadRule, match="already"):
            ask(site, "rule.add", name=name, rule=RULE, by="ada")
    ask(site, "rule.remove", name="second", by="ada")
    for verb, more in (("rule.edit", {"rule": RULE, "by": "x"}), ("rule.remove", {"by": "x"}), ("rule.show", {})):
        with pytest.raises(NoRule):
            ask(site, verb, name="second", **more)
    assert ask(site, "rule.add", name="second", rule=RULE, by="ada")["version"] == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"when": "data.x >"}, "when"),
        ({"template": "no_such"}, "no folder"),
        ({"clas": "bulk"}, "clas"),
        ({"cap": {"mails": 0}}, "cap.mails"),
        ({"hours": {"start": "09:00", "end": "09:00"}}, "the same"),
        ({"hours": {"zone": "Europe/Atlantis"}}, "IANA"),
        ({"rollout": {"share": 2}}, "share"),
    ],
)
def test_a_bad_rule_is_refused_when_it_is_written(site: Site, change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRule, match=words):
        ask(site, "rule.add", name="bad", rule={**RULE, **change}, by="ada")


def test_who_would_get_what_and_why_also_why_not(site: Site, still: Desk) -> None:
    terms = {"hours": {"zone": "Europe/Berlin"}, "rollout": {"share": 0, "allow": ["@team.example"]}}
    ask(site, "rule.add", name="second", rule={**RULE, **terms}, by="ada")
    ask(site, "rule.add", name="never", rule={**RULE, "when": "data.vip is defined"}, by="ada")
    with still.database.begin() as conn:
        suppress(conn, "gone@example.org", Why.HARD_BOUNCE, NOON)
    of = event(1, to=["ada@team.example", "bob@example.org", "gone@example.org"])
    answer = ask(site, "rule.test", event={"type": of.type, "data": dict(of.data)}, at=NOON.replace(hour=2))
    assert answer["passed"] == {"never": "not: data.vip is defined"}
    found = {(mail["rule"], mail["address"]): (mail["verdict"], mail["reason"] or "") for mail in answer["mails"]}
    assert found["password_reset", "ada@team.example"] == ("send", "")
    assert found["password_reset", "gone@example.org"] == ("suppressed", "suppressed: hard_bounce")
    assert found["second", "ada@team.example"] == ("deferred", "waits for 2026-11-22T09:00+01:00")
    verdict, reason = found["second", "bob@example.org"]
    assert verdict == "skipped" and reason.startswith("rollout: outside of the share")
    (mail,) = (one for one in answer["mails"] if (one["rule"], one["address"]) == ("second", "ada@team.example"))
    assert [step["step"] for step in mail["steps"]] == [
        "rule", "rollout", "hours", "suppression", "preference", "deferred",
    ]  # fmt: skip


def test_the_hours_are_those_of_the_persons_own_zone(site: Site, still: Desk) -> None:
    ask(site, "rule.edit", name="password_reset", rule={**RULE, "hours": {}}, by="ada")
    with still.database.begin() as conn:
        upsert(conn, [Draft(parse("person-1@example.org"), time_zone="Asia/Tokyo")], NOON)
    assert try_out(site, event(1))["person-1@example.org"]["reason"] == "waits for 2026-11-23T09:00+09:00"
    assert try_out(site, event(2))["person-2@example.org"]["verdict"] == "send"


def test_in_the_shadow_too_late_and_limits_are_told(site: Site, still: Desk) -> None:
    ask(site, "rule.edit", name="password_reset", rule={**RULE, "rollout": {"shadow": True}}, by="ada")
    assert try_out(site, event(1))["person-1@example.org"]["verdict"] == "shadow"
    late = event(1, time="2026-11-22T10:00:00+00:00")
    ask(site, "rule.edit", name="password_reset", rule={**RULE, "too_late_seconds": 3600}, by="ada")
    assert try_out(site, late)["person-1@example.org"]["reason"].startswith("too late")
    limited = {**RULE, "cap": {"mails": 1}, "dedupe": {"key": "data.link"}}
    ask(site, "rule.edit", name="password_reset", rule=limited, by="ada")
    handed(still, Book(still.settings.section("email"), still.database).today(), event(7))
    same = event(8, to="person-7@example.org")
    assert try_out(site, same)["person-7@example.org"]["reason"].startswith("the same as")
    other = event(9, to="person-7@example.org", link="https://example.org/other")
    assert try_out(site, other)["person-7@example.org"]["reason"].startswith("cap: 1 of 1 mails of topic news")
    assert try_out(site, event(7))["person-7@example.org"]["verdict"] == "is settled already"


def test_an_event_that_no_rule_can_decide_says_why(site: Site) -> None:
    answer = ask(site, "rule.test", event={"type": "password_reset", "data": {"to": "nobody"}})
    assert "data.to" in answer["refused"] and answer["mails"] == []
    with pytest.raises(EmailError):
        ask(site, "rule.test", event={"data": {}})


def handed(still: Desk, config: Email, *events: Event) -> None:
    """The events happened, and their mails were handed over, at noon."""
    templates, at = open_templates(config), NOON.timestamp()
    for of in events:
        decision = decide(of, config, templates)
        assert isinstance(decision, Decided)
        claims: list[Claim] = [compose(job, Facts(), config, templates, at).claim for job in decision.jobs]
        with still.database.begin() as conn:
            keep(conn, [(of, at)])
            ledger.claim(conn, claims, "me", at)
            ledger.settle(conn, [Result(one.job.key, State.HANDED, trace=Trace()) for one in claims], "me", at)


def test_a_mail_of_the_shadow_can_be_read(site: Site, still: Desk) -> None:
    with still.database.begin() as conn:
        shadows.keep(conn, [Shadow("k" * 40, "r", "p", b"Date: now\r\nSubject: x\r\n\r\nHello")], NOON.timestamp())
        shadows.keep(conn, [Shadow("k" * 40, "r", "p", b"another")], NOON.timestamp())
    found = ask(site, "rule.shadow", key="k" * 40)
    assert found["mail"].endswith("Hello")
    assert found["digest"] == shadows.digest(b"Date: later\r\nSubject: x\r\n\r\nHello")
    with pytest.raises(EmailError, match="shadow"):
        ask(site, "rule.shadow", key="n" * 40)


def test_past_events_against_todays_rules(site: Site, still: Desk) -> None:
    config: Email = still.settings.section("email")
    handed(still, config, event(1), event(2), event(3))
    span = {"start": NOON - timedelta(hours=1), "end": NOON + timedelta(hours=1)}
    same = ask(site, "email.replay", **span)
    assert (same["events"], same["same"], same["differences"]) == (3, 3, [])
    ask(site, "rule.edit", name="password_reset", rule={**RULE, "when": "event.id != '2'"}, by="ada")
    ask(site, "rule.add", name="second", rule={**RULE, "when": "event.id == '3'"}, by="ada")
    now = ask(site, "email.replay", **span)
    assert (now["same"], now["new"], now["gone"], now["changed"], now["refused"]) == (0, 1, 1, 2, 0)
    lines = {(one["kind"], one["event"]): one for one in now["differences"]}
    assert lines["gone", "2"]["what"] == "was handed"
    assert lines["new", "3"]["rule"] == "second"
    assert lines["changed", "1"]["what"] == "mail_class: transactional -> bulk, topic: None -> news"
    only = ask(site, "email.replay", **span, rule="second")
    assert (only["new"], only["gone"], only["changed"]) == (1, 0, 0)
    ask(site, "rule.edit", name="password_reset", rule={**RULE, "when": "data.x > 1"}, by="ada")
    assert ask(site, "email.replay", **span)["refused"] == 3
    with pytest.raises(NoRule):
        ask(site, "email.replay", **span, rule="nobody")


def test_replaying_and_trying_out_write_nothing(site: Site, still: Desk) -> None:
    handed(still, still.settings.section("email"), event(1))
    with still.database.read() as conn:
        before = ledger.books(conn)
    ask(site, "email.replay", start=NOON - timedelta(hours=1))
    try_out(site, event(2))
    with still.database.read() as conn:
        assert ledger.books(conn) == before
