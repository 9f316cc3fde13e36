"""Consents as JSON lines, there and back."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.people.consent import Channel, Consent, Said
from apps.people.errors import Refused
from apps.people.ledger.lines import line, read

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=("L", "N")), min_size=1, max_size=20)
CONSENTS = st.builds(
    Consent,
    channel=st.just(Channel.SMS),
    key=st.from_regex(r"\+[1-9][0-9]{5,13}", fullmatch=True),
    scope=WORDS,
    state=st.sampled_from(Said),
    source=WORDS,
    at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC)),
    evidence=st.dictionaries(WORDS, WORDS | st.integers(-9, 9) | st.none(), max_size=3),
    id=WORDS,
)
LEAST = {
    "channel": "sms",
    "key": "+15550100001",
    "scope": "ines",
    "state": "granted",
    "at": "2026-11-22T05:00:00+00:00",
}


@given(CONSENTS)
def test_a_line_is_read_as_what_it_was(consent: Consent) -> None:
    assert read(json.loads(json.dumps(line(consent)))) == consent


def test_the_same_line_without_an_id_has_the_same_id() -> None:
    assert read(LEAST) == read(dict(reversed(LEAST.items())))
    assert read(LEAST).id != read(LEAST | {"scope": "omar"}).id
    assert (read(LEAST).source, read(LEAST).evidence) == ("import", {})


def test_addresses_become_keys_and_times_keep_their_moment() -> None:
    found = read(LEAST | {"channel": "email", "key": " Ada@EXAMPLE.org ", "at": "2026-11-22T06:00:00+01:00"})
    assert found.key == "ada@example.org"
    assert found.at - read(LEAST).at == timedelta(0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"channel": None}, "channel"),
        ({"key": "5550100"}, "key"),
        ({"key": ""}, "key"),
        ({"channel": "email"}, "address"),
        ({"state": "maybe"}, "state"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-22T05:00:00"}, "at"),
        ({"scope": 7}, "scope"),
        ({"evidence": []}, "evidence"),
        ({"who": "x"}, "who"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as caught:
        read(LEAST | change)
    assert caught.value.field == field
