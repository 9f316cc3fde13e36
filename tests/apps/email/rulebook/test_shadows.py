"""A rule in the shadow beside the rules that really send: compared mail by mail, listed, with an example."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.email.cloudevents import Event
from apps.email.compose import Composed, compose
from apps.email.config import Email
from apps.email.jobs import Job
from apps.email.parcel import facts_of
from apps.email.rulebook import shadows
from apps.email.rulebook.comparing import Outcome
from apps.email.rulebook.verbs import VERBS
from apps.email.rules import Decided, decide
from apps.email.states import State
from apps.email.templates import open_templates
from apps.people.suppression import Why, suppress
from supervision.verbs import Site
from tests.apps.email.deciding import Desk, event
from tests.apps.email.words import template

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
VERB = {verb.name: verb for verb in VERBS}
LIVE = {"event": "greeting", "template": "old", "class": "transactional"}
SHADOW = {**LIVE, "template": "new", "rollout": {"shadow": True}}


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """What is sent, and what is to be: only people called Bob see a difference."""
    folder = tmp_path / "words"
    template(folder, "old", "Hello", "Dear {{ person.name }}", "<p>{{ person.name }}</p>")
    new = "{% if person.name == 'Bob' %}Hi{% else %}Dear{% endif %} {{ person.name }}"
    template(folder, "new", "Hello", new, "<p>{{ person.name }}</p>")
    return folder


def configured(words: Path, **rules: dict[str, Any]) -> Email:
    return Email.model_validate({"templates": [words], "rules": rules})


def greeting(id: str, *names: str) -> Event:
    return event(id, "greeting", to=[{"address": f"{name}@example.org", "name": name} for name in names])


def jobs(config: Email, of: Event) -> list[Job]:
    decided = decide(of, config, open_templates(config))
    assert isinstance(decided, Decided)
    return [Job.from_json(job.to_json()) for job in decided.jobs]


def carry_out(still: Desk, config: Email, *events: Event) -> list[Composed]:
    """What a dispatcher does with all of it, but for the sending."""
    found = []
    for of in events:
        with still.database.begin() as conn:
            wanted = jobs(config, of)
            facts = facts_of(conn, wanted)
            made = [compose(job, facts[job.key], config, open_templates(config), NOON.timestamp()) for job in wanted]
            shadows.keep(conn, [one.shadow for one in made if one.shadow is not None], NOON.timestamp())
            found += made
    return found


def listed(site: Site, **params: Any) -> Any:
    verb = VERB["rule.shadows"]
    return verb.run(site, verb.params.model_validate(params))


def test_its_mails_are_compared_with_those_that_are_sent(still: Desk, site: Site, words: Path) -> None:
    config = configured(words, live=LIVE, later=SHADOW)
    made = carry_out(still, config, greeting("1", "Ada", "Bob"), greeting("2", "Bob"), greeting("2", "Bob"))
    assert [one.claim.job.rule for one in made if one.mail is not None] == ["live"] * 4
    (line,) = listed(site)
    assert (line["rule"], line["beside"], line["send"]) == ("later", "live", None)
    assert [line[name] for name in ("same", "different", "alone", "subject", "text", "html")] == [1, 2, 0, 0, 2, 0]
    example = line["example"]
    assert example["person"] == "Bob@example.org" and "-Dear Bob\n+Hi Bob\n" in example["diff"]
    assert VERB["rule.shadow"].run(site, VERB["rule.shadow"].params.model_validate({"key": example["key"]}))
    assert listed(site, rule="later") == [line] and listed(site, rule="live") == []


def test_each_rule_that_sends_is_compared_with(still: Desk, site: Site, words: Path) -> None:
    config = configured(words, live=LIVE, likewise={**LIVE, "template": "new"}, later=SHADOW)
    carry_out(still, config, greeting("1", "Bob"))
    assert {line["beside"]: (line["same"], line["different"]) for line in listed(site)} == {
        "live": (0, 1),
        "likewise": (1, 0),
    }


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ({"later": SHADOW}, "no other rule writes"),
        ({"later": SHADOW, "elsewhere": {**SHADOW, "template": "old"}}, "no other rule writes"),
        ({"later": SHADOW, "live": {**LIVE, "rollout": {"share": 0.0}}}, "no other rule writes"),
        ({"later": SHADOW, "live": {**LIVE, "too_late_seconds": 1.0}}, "live sends none, too late"),
    ],
)
def test_without_a_mail_that_is_sent_it_is_alone(
    still: Desk, site: Site, words: Path, rules: dict[str, Any], why: str
) -> None:
    of = event("1", "greeting", to="ada@example.org", time="2026-11-22T11:00:00+00:00")
    made = carry_out(still, configured(words, **rules), of)
    (shadow,) = (one.shadow for one in made if one.claim.job.rule == "later")
    assert shadow is not None
    (found,) = shadow.comparisons
    assert found.outcome is Outcome.ALONE and why in (found.note or "")
    assert all(line["example"] is None and line["alone"] == 1 for line in listed(site))


def test_who_gets_no_mail_anyway_is_not_compared(still: Desk, site: Site, words: Path) -> None:
    with still.database.begin() as conn:
        suppress(conn, "ada@example.org", Why.HARD_BOUNCE, NOON)
    made = carry_out(still, configured(words, live=LIVE, later=SHADOW), greeting("1", "ada"))
    assert {one.claim.state for one in made} == {State.SUPPRESSED}
    assert listed(site) == []


def test_the_trace_and_a_trial_say_how_they_compare(still: Desk, words: Path) -> None:
    made = carry_out(still, configured(words, live=LIVE, later=SHADOW), greeting("1", "Bob"))
    (claim,) = (one.claim for one in made if one.claim.job.rule == "later")
    steps = {step["step"]: step for step in claim.trace.steps}
    assert steps["shadow"]["compared"] == ["not as by live: text"]
    assert claim.reason == "shadow: rendered and kept"
