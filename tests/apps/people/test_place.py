"""Locales and time zones in one spelling."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from apps.people.errors import Refused
from apps.people.place import locale, time_zone


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("en", "en"), ("EN-us", "en-US"), ("pt_BR", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("iw", "he"),
        ("sr_RS@latin", "sr-RS"), ("de_DE.UTF-8", "de-DE"), ("es-419", "es-419"), ("no", "no"), (" fr ", "fr"),
        ("ca-ES-valencia", "ca-ES"), ("fil", "fil"), ("mo", "ro"), ("sh", "sr-Latn"),
    ],
)  # fmt: skip
def test_locales(given: str, expected: str) -> None:
    assert locale(given) == expected


@pytest.mark.parametrize("given", ["", "x", "english", "en--US", "xq", "en-QQ", "en-Zzzq", "../etc", "en\n", "fr-QC"])
def test_locales_that_are_refused(given: str) -> None:
    with pytest.raises(Refused, match=r"^locale: "):
        locale(given)


@given(st.sampled_from(sorted(Locale("en").languages)), st.sampled_from(["", "-Latn"]), st.sampled_from(["", "-US"]))
def test_a_normal_form_is_its_own_normal_form(language: str, script: str, region: str) -> None:
    try:
        once = locale(language + script + region)
    except Refused:
        return
    assert locale(once) == once


@pytest.mark.parametrize(("given", "expected"), [("Europe/Berlin", "Europe/Berlin"), ("asia/kolkata ", "Asia/Kolkata")])
def test_time_zones(given: str, expected: str) -> None:
    assert time_zone(given) == expected


@pytest.mark.parametrize(
    "given", ["", "Mars/Olympus", "+01:00", "../../etc/passwd", "/etc/localtime", "Europe/Berlin\n"]
)
def test_time_zones_that_are_refused(given: str) -> None:
    with pytest.raises(Refused, match=r"^time_zone: "):
        time_zone(given)
