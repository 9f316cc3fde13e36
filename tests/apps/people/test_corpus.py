"""Names of 86 locales, strings that break software, and addresses judged by isemail. Read in place."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.people.address import parse
from apps.people.drafts import draft
from apps.people.errors import Refused
from apps.people.imports import CHUNK_ROWS
from tests.supervision.answering import Root

#: Faker's own inventions: regions that CLDR does not know.
INVENTED = {"ar_AA": "ar", "fr_QC": "fr-CA"}

#: isemail says an address is fine (perhaps in need of a server, DNS or quotes), Rookery refuses it.
REFUSED_BECAUSE = {
    "ISEMAIL_VALID": "a bare top-level domain is nobody's mail domain on the public net",
    "ISEMAIL_RFC5321_TLD": "a bare top-level domain, as above",
    "ISEMAIL_RFC5321_TLDNUMERIC": "no top-level domain is a number",
    "ISEMAIL_RFC5321_QUOTEDSTRING": "quoted local parts are refused by most receivers and break most software",
    "ISEMAIL_RFC5321_ADDRESSLITERAL": "mail to a bare IP address is not what people give",
}
#: isemail calls it an error or obsolete, Rookery takes it.
TAKEN_BECAUSE = {"ISEMAIL_CFWS_FWS": "blanks at the ends are what typing leaves, and are removed"}


@pytest.fixture
def names(corpus: Path) -> dict[str, list[str]]:
    document = json.loads((corpus / "09_names_unicode" / "person_names_by_locale.json").read_text())
    return {locale: [name for some in lists.values() for name in some] for locale, lists in document["locales"].items()}


def test_names_of_all_locales_come_back_intact(root: Root, names: dict[str, list[str]]) -> None:
    assert len(names) == 86
    for locale, all_names in names.items():
        people = [
            {
                "address": f"p{number}@{locale.replace('_', '-')}.example.org",
                "name": name,
                "locale": INVENTED.get(locale, locale),
            }
            for number, name in enumerate(all_names[::8])
        ]
        rows = [{"line": line, "fields": fields} for line, fields in enumerate(people, start=1)]
        for start in range(0, len(rows), CHUNK_ROWS):
            assert root.call("people.import", rows=rows[start : start + CHUNK_ROWS])["refused"] == []
        last = people[-1]
        assert root.call("people.show", who=last["address"])["profile"]["name"] == last["name"]


def test_every_name_is_kept_as_it_is(names: dict[str, list[str]]) -> None:
    for all_names in names.values():
        for name in all_names:
            assert draft({"address": "a@example.org", "name": name}, 100).name == name.strip()


def naughty_strings(corpus: Path) -> list[str]:
    found: list[str] = json.loads((corpus / "09_names_unicode" / "blns" / "blns.json").read_text())
    return found


@pytest.mark.parametrize("field", ["address", "id", "name", "locale", "time_zone", "attribute"])
def test_naughty_strings_are_kept_or_refused(root: Root, corpus: Path, field: str) -> None:
    people: list[dict[str, Any]] = []
    for number, text in enumerate(naughty_strings(corpus)):
        fields: dict[str, Any] = {"address": f"{field}{number}@example.org"}
        people.append(
            {**fields, "attributes": {"x": text, text: "x"}} if field == "attribute" else {**fields, field: text}
        )
    rows = [{"line": line, "fields": fields} for line, fields in enumerate(people, start=1)]
    counted = 0
    for start in range(0, len(rows), CHUNK_ROWS):
        answer = root.call("people.import", rows=rows[start : start + CHUNK_ROWS])
        counted += answer["inserted"] + answer["updated"] + answer["unchanged"] + len(answer["refused"])
    assert counted == len(people) > 500
    for text in naughty_strings(corpus):
        try:
            root.call("people.show", who=text)
        except Exception as error:
            assert getattr(error, "status", None) in (404, 422), text


def test_addresses_judged_by_isemail(corpus: Path) -> None:
    cases = json.loads((corpus / "09_names_unicode" / "email_addresses" / "isemail_tests.json").read_text())
    assert len(cases) == 164
    for case in cases:
        fine = case["category"] in ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN", "ISEMAIL_RFC5321")
        try:
            parse(case["address"])
        except Refused:
            assert not fine or case["diagnosis"] in REFUSED_BECAUSE, case
        else:
            assert fine or case["diagnosis"] in TAKEN_BECAUSE, case
