"""Numbers against libphonenumber's own samples, and what it does not know: short codes and names."""

import csv
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.port import NumberType, Party
from apps.sms.numbers import InvalidNumber, about, parse, time_zones

E164, SHORT, NAME = NumberType.E164, NumberType.SHORT_CODE, NumberType.ALPHANUMERIC

#: The release of the library that made the samples, and what becomes of them here. The one that differs writes
#: `whatsapp:` before the number, which there is skipped like any word.
MADE_WITH = "9.0.43"
VERDICTS = Counter(
    {
        "agrees": 5484,
        "impossible there, refused here": 917,
        "an extension, refused here": 491,
        "possible only locally, refused here": 41,
        "a short code here": 3,
        "a name here": 1,
        "differs": 1,
    }
)
#: Samples that the data of another release may see differently.
MOST_CHANGES = 70


@pytest.mark.parametrize(
    ("text", "region", "party"),
    [
        ("+1 201-555-0123", None, Party(E164, "+12015550123")),
        ("+15550109999", None, Party(E164, "+15550109999")),
        ("tel:+44 (0)20 7946 0958", None, Party(E164, "+442079460958")),
        ("\u200e+447911123456\u202c", None, Party(E164, "+447911123456")),
        ("(+44) 7911 123456", "US", Party(E164, "+447911123456")),
        ("٠٧٩١١ ١٢٣٤٥٦", "GB", Party(E164, "+447911123456")),
        ("0044 7911 123456", "GB", Party(E164, "+447911123456")),
        ("+1-800-FLOWERS", None, Party(E164, "+18003569377")),
        ("40612345", "NO", Party(E164, "+4740612345")),
        ("40612345", None, Party(SHORT, "40612345")),
        ("87121", "GB", Party(SHORT, "87121")),
        ("12345", "DE", Party(SHORT, "12345")),
        ("٣٤٥٦", None, Party(SHORT, "3456")),
        ("Rookery", None, Party(NAME, "Rookery")),
        ("Ørsted A-S", "DK", Party(NAME, "Ørsted A-S")),
        ("4you", "US", Party(NAME, "4you")),
    ],
)
def test_what_people_write(text: str, region: str | None, party: Party) -> None:
    assert parse(text, region) == party


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("", None, "is empty"),
        ("12", "GB", "is too short for its country"),
        ("07911 123456", None, "has no country; begin with + and the country's code"),
        ("+999123456789", None, "has the code of no country"),
        ("+1 201-555-0123 ext. 5", None, "has the extension 5, which texts cannot reach"),
        ("555-0123", "US", "has no area code"),
        ("+44 7911 1234567890", None, "is too long for its country"),
        ("whatsapp:+14155238886", None, "is longer than the 11 characters of a sender's name"),
        ("Rookery\nInc", None, "has characters that the name of a sender cannot have"),
        ("Книга", None, "has characters that the name of a sender cannot have"),
        ("[[ooo]]abc", None, "is longer than the 11 characters of a sender's name"),
    ],
)
def test_what_is_none(text: str, region: str | None, reason: str) -> None:
    with pytest.raises(InvalidNumber) as caught:
        parse(text, region, "member")
    assert (caught.value.reason, caught.value.field) == (reason, "member")
    assert str(caught.value).startswith("member: ")


@given(st.text(max_size=30), st.sampled_from([None, "US", "DE", "ZZ"]))
def test_any_text_is_a_party_or_refused_and_a_party_reads_as_itself(text: str, region: str | None) -> None:
    try:
        party = parse(text, region)
    except InvalidNumber:
        return
    assert parse(party.value) == party


def test_what_a_number_tells() -> None:
    found = about(parse("+86 138 0013 8000"))
    assert found is not None
    assert (found.country, found.region, found.kind, found.assigned) == (86, "CN", "mobile", True)
    assert time_zones(parse("+86 138 0013 8000")) == ("Asia/Shanghai",)
    assert len(time_zones(parse("+1 800 356 9377"))) > 10
    satellite = about(parse("+881 6 12345678"))
    assert satellite is not None
    assert (satellite.region, satellite.time_zones) == (None, ())
    example = about(parse("+15550109999"))
    assert example is not None
    assert not example.assigned
    assert about(Party(SHORT, "87121")) is None
    assert time_zones(Party(NAME, "Rookery")) == ()


def test_the_samples_of_libphonenumber(corpus: Path) -> None:
    """Ours is stricter by intent, in what the verdicts name."""
    with (corpus / "07_sms" / "phone" / "phone_samples.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 6938
    verdicts = Counter(_verdict(row) for row in rows)
    if phonenumbers.__version__ == MADE_WITH:
        assert verdicts == VERDICTS
    else:
        assert sum((verdicts - VERDICTS).values()) <= MOST_CHANGES


def _verdict(row: dict[str, str]) -> str:
    try:
        party = parse(row["input"], row["default_region"] or None)
    except InvalidNumber as error:
        return _refused(row, error)
    if party.type is SHORT:
        return "a short code here" if row["is_valid"] != "1" else "differs"
    if party.type is NAME:
        return "a name here" if row["parse_error"] else "differs"
    found = about(party)
    assert found is not None
    zones = [zone for zone in row["timezones"].split("|") if zone != "Etc/Unknown"]
    assert all(ZoneInfo(zone) for zone in found.time_zones)
    same = (
        party.value == row["e164"]
        and (found.region or "001") in (row["region"] or "001", "001")
        and found.kind == row["type"].lower()
        and found.assigned == (row["is_valid"] == "1")
        and list(found.time_zones) == zones
    )
    return "agrees" if same else "differs"


def _refused(row: dict[str, str], error: InvalidNumber) -> str:
    if "extension" in error.reason:
        return "an extension, refused here" if "ext" in row["rfc3966"] else "differs"
    if row["is_possible"] == "1":
        return "possible only locally, refused here" if row["possible_reason"] == "4" else "differs"
    return "impossible there, refused here"
