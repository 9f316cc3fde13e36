"""A job and its facts become a mail, or a reason; the trace tells which questions were asked."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from apps.email.compose import compose
from apps.email.config import Email
from apps.email.jobs import Job
from apps.email.letterhead.config import LetterheadConfig
from apps.email.letterhead.head import Letterhead
from apps.email.parcel import Facts
from apps.email.states import State
from apps.email.templates import open_templates
from apps.people.profile import Profile
from apps.people.suppression import Scope, Suppression, Why

CONFIG = Email.model_validate({})
TEMPLATES = open_templates(CONFIG)
AT = 1_800_000_000.0
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def job(**fields):
    given = {
        "key": "k" * 40,
        "event_type": "password_reset",
        "event_source": "/test",
        "event_id": "1",
        "template": "password_reset",
        "mail_class": "transactional",
        "person": "ada@example.org",
        "address": "ada@example.org",
        "data": {"link": "https://example.org/r/1"},
    }
    return Job(**{**given, **fields})


def profile(**fields):
    given = {"id": "p1", "key": "ada@example.org", "address": "ada@example.org", "name": "Ada", "locale": "fr"}
    rest = {"time_zone": None, "attributes": {}, "created_at": NOW, "updated_at": NOW}
    return Profile(**{**given, **rest, **fields})


def suppression(why, scope):
    return Suppression("ada@example.org", why, scope, {}, NOW)


def run(job, facts=Facts()):  # noqa: B008 - a frozen value
    return compose(job, facts, CONFIG, TEMPLATES, AT)


def steps(composed):
    return [step["step"] for step in composed.claim.trace.steps]


def parsed(composed):
    return message_from_bytes(composed.mail.data, policy=policy.default)


def test_a_mail_with_its_claim_and_the_trace_of_every_question():
    composed = run(job(locale="ja"))
    assert composed.claim.state is State.CLAIMED and composed.claim.locale == "ja"
    assert steps(composed) == ["suppression", "preference", "locale"]
    mail = parsed(composed)
    assert mail["To"] == "ada@example.org" and mail["Message-ID"] == composed.claim.message_id
    assert "https://example.org/r/1" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("wish", "known", "expected"),
    [("ja", "fr", "ja"), (None, "fr", "fr"), (None, None, "en"), (None, "xx-unknown", "en")],
)
def test_the_locale_is_the_events_then_the_persons_then_ours(wish, known, expected):
    assert run(job(locale=wish), Facts(profile=profile(locale=known))).claim.locale == expected


@pytest.mark.parametrize(
    ("mail_class", "scope", "state"),
    [
        ("transactional", Scope.ALL, State.SUPPRESSED),
        ("transactional", Scope.BULK, State.CLAIMED),
        ("bulk", Scope.BULK, State.SUPPRESSED),
    ],
)
def test_a_suppression_stops_what_its_scope_says(mail_class, scope, state):
    composed = run(job(mail_class=mail_class), Facts(suppression=suppression(Why.COMPLAINT, scope)))
    assert composed.claim.state is state
    assert (composed.mail is None) == (state is State.SUPPRESSED)
    if state is State.SUPPRESSED:
        assert composed.claim.reason == "suppressed: complaint"


def test_an_unwanted_topic_is_not_sent_but_transactional_mail_is():
    said = {"petition_updates": False}
    facts = Facts(profile=profile(), said=said)
    refused = run(job(mail_class="bulk", topic="petition_updates"), facts)
    assert (refused.claim.state, refused.claim.reason) == (State.SUPPRESSED, "unwanted: petition_updates")
    assert run(job(topic="petition_updates"), facts).mail is not None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"data": {}}, "needs 'link'"),
        ({"template": "no_such_template"}, "no_such_template"),
        ({"address": "ada@example.org\r\nBcc: x@example.org"}, "To"),
        ({"address": "not an address"}, "not a mail address"),
        ({"name": "Ada\r\nBcc: x@example.org"}, "U+000D"),
    ],
)
def test_what_cannot_be_made_fails_with_its_reason_and_no_mail(fields, words):
    composed = run(job(**fields))
    assert composed.mail is None and composed.claim.state is State.FAILED
    assert words in composed.claim.reason
    assert composed.claim.trace.steps[-1] == {"step": "failed", "reason": composed.claim.reason}


def test_the_persons_name_fills_in_for_the_events():
    assert parsed(run(job(), Facts(profile=profile(name="Ada L"))))["To"] == "Ada L <ada@example.org>"
    assert parsed(run(job(name="Countess"), Facts(profile=profile(name="Ada L"))))["To"].startswith("Countess")


def test_the_same_job_makes_the_same_bytes():
    assert run(job()).mail == run(job()).mail


def test_bulk_mail_says_in_its_words_what_its_headers_say(tmp_path):
    config = LetterheadConfig(public_url="https://mail.example.org")
    update = {"petition": "Trees", "signatures": 5, "link": "https://example.org/p"}
    bulk = job(mail_class="bulk", template="petition_update", topic="petition_updates", data=update)
    facts = Facts(profile=profile())
    mail = parsed(compose(bulk, facts, CONFIG, TEMPLATES, AT, Letterhead(config, "example.org", tmp_path)))
    text, html = (part.get_content() for part in mail.iter_parts())
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://mail.example.org/public/unsubscribe/")
    assert f"Se désabonner: {link}" in text.splitlines()
    assert f'href="{link}"' in html
