import pytest
from babel import Locale
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from apps.email import locale
from apps.email.errors import UnknownLocale

LANGUAGES = sorted(str(code) for code in Locale("en").languages if str(code).isalpha() and len(str(code)) <= 3)
SCRIPTS = ["Latn", "Cyrl", "Arab", "Hans", "Hant", "Deva", "Hebr"]
REGIONS = sorted(str(code) for code in Locale("en").territories if code != "ZZ")

tags = st.builds(
    lambda *parts: "-".join(part for part in parts if part),
    st.sampled_from([language for language in LANGUAGES if language not in {"und", "mul", "zxx"}]),
    st.sampled_from(["", *SCRIPTS]),
    st.sampled_from(["", *REGIONS]),
)


def ancestry(tag: str) -> tuple[str, ...]:
    return locale.ancestry(locale.parse(tag))


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("pt_br", "pt-BR"),
        ("zh-cn", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh_Hans", "zh"),
        ("zh-TW", "zh-Hant-TW"),
        ("zh-Hans-TW", "zh-Hans-TW"),
        ("sr-Cyrl-RS", "sr-RS"),
        ("sr-ME", "sr-Latn-ME"),
        ("iw", "he"),
        ("in", "id"),
        ("sh", "sr-Latn"),
        ("no", "nb"),
        ("en-UK", "en-GB"),
        ("es-419", "es-419"),
        ("de-DE-1996", "de-DE"),
        ("en-US-u-hc-h23", "en-US"),
    ],
)
def test_a_tag_has_one_normal_form(tag: str, normal: str) -> None:
    assert locale.parse(tag) == normal


@pytest.mark.parametrize(
    "tag", ["", "e", "xx", "klingon", "en-ZZ", "und", "..", "en\r\nBcc: eve@example.org", "de-", "日本"]
)
def test_what_is_no_known_locale_is_refused_with_its_field(tag: str) -> None:
    with pytest.raises(UnknownLocale) as refused:
        locale.parse(tag)
    assert refused.value.field == "locale"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("zh-Hant-TW", ("zh-Hant-TW", "zh-Hant")),
        ("zh-HK", ("zh-Hant-HK", "zh-Hant")),
        ("zh-Hant-MO", ("zh-Hant-MO", "zh-Hant-HK", "zh-Hant")),
        ("zh-SG", ("zh-SG", "zh")),
        ("sr-Latn", ("sr-Latn",)),
        ("pt-AO", ("pt-AO", "pt-PT", "pt")),
        ("es-MX", ("es-MX", "es-419", "es")),
        ("en-AU", ("en-AU", "en-001", "en")),
        ("en-AT", ("en-AT", "en-150", "en-001", "en")),
        ("nn", ("nn", "nb")),
        ("de", ("de",)),
    ],
)
def test_fallback_follows_cldrs_parents(tag: str, expected: tuple[str, ...]) -> None:
    assert ancestry(tag) == expected


def test_every_exception_that_cldr_lists_is_followed() -> None:
    for child, parent in get_global("parent_exceptions").items():
        if parent != "root" and child not in {"no_NO"}:
            assert locale.parse(parent) in ancestry(child), child


@given(tags)
def test_the_normal_form_is_its_own_normal_form(tag: str) -> None:
    assert locale.parse(locale.parse(tag)) == locale.parse(tag)


@given(tags)
def test_every_ancestry_ends_and_repeats_nothing(tag: str) -> None:
    found = ancestry(tag)
    assert found[0] == locale.parse(tag)
    assert len(set(found)) == len(found) <= 5


@given(tags)
def test_fallback_never_turns_the_text_around(tag: str) -> None:
    """A parent in another direction would be a parent in another script."""
    assert {locale.direction(step) for step in ancestry(tag)} == {locale.direction(locale.parse(tag))}


@given(st.lists(st.one_of(st.none(), tags, st.text(max_size=8)), max_size=4), tags)
def test_a_chain_ends_in_the_source_language_and_nowhere_else(wishes: list[str | None], source: str) -> None:
    source = locale.parse(source)
    found = locale.chain(wishes, source)
    assert found[-1] == source
    assert len(set(found)) == len(found)


def test_a_chain_takes_the_wishes_in_order_and_stops_where_nothing_needs_translating() -> None:
    assert locale.chain([None, "pt-BR", "fr", "en"], "en") == ("pt-BR", "pt", "fr", "en")
    assert locale.chain(["en-GB", "fr"], "en") == ("en-GB", "en-001", "en")
    assert locale.chain(["no such thing", "de"], "en") == ("de", "en")
    assert locale.chain([], "en") == ("en",)


@pytest.mark.parametrize("tag", ["ar", "he", "fa", "ur", "ckb", "ug", "dv", "az-IR", "pa-PK", "uz-Arab", "yi"])
def test_these_are_written_from_right_to_left(tag: str) -> None:
    assert locale.direction(locale.parse(tag)) == "rtl"


@pytest.mark.parametrize("tag", ["en", "ja", "hi", "az", "pa", "ku", "tr", "udm"])
def test_these_are_written_from_left_to_right(tag: str) -> None:
    assert locale.direction(locale.parse(tag)) == "ltr"


@given(tags)
def test_numbers_can_be_written_for_every_locale(tag: str) -> None:
    assert locale.formats(locale.parse(tag)).decimal_formats


def test_the_usual_region_of_a_language_is_not_said() -> None:
    assert locale.without_usual_region("pt-BR") == "pt"
    assert locale.without_usual_region("zh-Hant-TW") == "zh-Hant"
    assert locale.without_usual_region("pt-PT") is None
    assert locale.without_usual_region("pt") is None
