from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.proof.coverage import AudienceFacts, Coverage, CoveragePolicy, Language, attributes_of, coverage
from apps.email.templates import Templates
from apps.email.translations import Catalogues
from tests.apps.email.words import catalogue, entries, template

TEXT = "{{ _('Hello') }} {{ _('Bye') }} {{ who }} {{ person.attributes.city }} {{ person.attributes['team'] }}"
OPTIONAL = "{{ person.attributes.nick|default('-') }}{% if person.attributes.title is defined %}x{% endif %}"


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    template(tmp_path, "hello", "{{ _('Hello') }}", TEXT + OPTIONAL)
    words = catalogue(tmp_path / "words", "de", entries({"Hello": "Hallo", "Bye": "Tschüss"}))
    catalogue(words, "fr", entries({"Hello": "Bonjour"}))
    return Templates([tmp_path], Catalogues([(words, "messages")]))


def test_who_reads_what_and_who_lacks_what(templates: Templates) -> None:
    facts = AudienceFacts({"de-AT": 5, "fr": 3, "ja": 2, None: 1, "en-GB": 4}, {"city": 2, "nick": 9, "other": 1})
    found = coverage(templates, "hello", facts, ["en"])
    assert {(one.wished, one.locale, one.people, one.fallbacks) for one in found.languages} == {
        ("de-AT", "de", 5, 0),
        ("fr", "fr", 3, 1),
        ("ja", "en", 2, 0),
        (None, "en", 1, 0),
        ("en-GB", "en", 4, 0),
    }
    assert (found.people, found.fallen_back, found.partial) == (15, 2, 3)
    assert (found.lacking_data, dict(found.lacking)) == (("who",), {"city": 2})


def test_only_attributes_that_nobody_asks_about_are_needed(templates: Templates) -> None:
    assert attributes_of(templates, "hello") == {"city", "team"}


def test_reasons_not_to_start(templates: Templates) -> None:
    facts = AudienceFacts({"fr": 3, "ja": 2}, {"city": 2})
    found = coverage(templates, "hello", facts)
    assert found.blocked_by(
        CoveragePolicy.model_validate({"max_fallback_share": 0.1, "partial_translations": "block"})
    ) == (
        "the event lacks data.who, which every mail needs",
        "2 of 5 people would get another language than theirs",
        "3 of 5 people would get a mail that is translated in part",
        "2 of 5 people lack person.attributes.city",
    )
    lenient = CoveragePolicy.model_validate({"max_lacking_share": 0.5})
    assert (
        coverage(templates, "hello", AudienceFacts({"ja": 5}, {"city": 2}, frozenset({"who"}))).blocked_by(lenient)
        == ()
    )


@given(st.dictionaries(st.sampled_from(["de", "fr", "ja", "en"]), st.integers(0, 50)), st.floats(0, 1))
def test_a_policy_blocks_exactly_beyond_its_share(people: dict[str | None, int], share: float) -> None:
    languages = tuple(Language(tag, "en", count, 3, 0) for tag, count in people.items())
    total = sum(people.values())
    found = Coverage("hello", total, languages, (), {})
    blocked = found.blocked_by(CoveragePolicy.model_validate({"max_fallback_share": share}))
    assert bool(blocked) == (total - people.get("en", 0) > share * total)
