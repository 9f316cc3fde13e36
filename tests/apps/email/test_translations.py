from pathlib import Path

import pytest

from apps.email.translations import Catalogue, CatalogueBroken, Catalogues, Translations
from tests.apps.email.words import catalogue, entries

POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"


def translations(folder: Path, *chain: str, domain: str = "messages") -> Translations:
    return Translations(Catalogues([(folder, domain)]).along(chain))


def test_what_a_catalogue_lacks_comes_from_the_next_one_in_the_chain(tmp_path: Path) -> None:
    catalogue(tmp_path, "pt_PT", entries({"one": "um (PT)"}))
    catalogue(tmp_path, "pt", entries({"one": "um", "two": "dois"}))
    found = translations(tmp_path, "pt-PT", "pt")
    assert [found.gettext(message) for message in ("one", "two", "three")] == ["um (PT)", "dois", "three"]


def test_fuzzy_and_empty_entries_are_not_used(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", '#, fuzzy\nmsgid "one"\nmsgstr "eins?"\n\nmsgid "two"\nmsgstr ""\n')
    found = translations(tmp_path, "de")
    assert (found.gettext("one"), found.gettext("two")) == ("one", "two")


def test_a_plural_with_an_empty_form_is_not_used(tmp_path: Path) -> None:
    catalogue(
        tmp_path, "de", 'msgid "%(num)d day"\nmsgid_plural "%(num)d days"\nmsgstr[0] "%(num)d Tag"\nmsgstr[1] ""\n'
    )
    assert translations(tmp_path, "de").ngettext("%(num)d day", "%(num)d days", 2) == "%(num)d days"


def test_surplus_plural_forms_are_left_out(tmp_path: Path) -> None:
    catalogue(tmp_path, "es", 'msgid "day"\nmsgid_plural "days"\nmsgstr[0] "a"\nmsgstr[1] "b"\nmsgstr[2] "c"\n')
    found = translations(tmp_path, "es")
    assert [found.ngettext("day", "days", number) for number in (1, 2, 1_000_000)] == ["a", "b", "b"]


@pytest.mark.parametrize(("number", "form"), [(1, "plik"), (2, "pliki"), (5, "plików"), (22, "pliki"), (112, "plików")])
def test_the_catalogues_own_formula_chooses_the_plural(tmp_path: Path, number: int, form: str) -> None:
    text = 'msgid "file"\nmsgid_plural "files"\nmsgstr[0] "plik"\nmsgstr[1] "pliki"\nmsgstr[2] "plików"\n'
    catalogue(tmp_path, "pl", text, forms=POLISH)
    assert translations(tmp_path, "pl").ngettext("file", "files", number) == form


def test_without_a_translation_the_plural_is_the_templates_own() -> None:
    found = Translations(())
    assert [found.ngettext("file", "files", number) for number in (0, 1, 2)] == ["files", "file", "files"]
    assert [found.npgettext("menu", "file", "files", number) for number in (1, 2)] == ["file", "files"]
    assert found.pgettext("menu", "Open") == "Open"


def test_a_context_keeps_messages_apart(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", 'msgctxt "menu"\nmsgid "Open"\nmsgstr "Öffnen"\n\nmsgid "Open"\nmsgstr "Offen"\n')
    found = translations(tmp_path, "de")
    assert (found.pgettext("menu", "Open"), found.gettext("Open"), found.pgettext("door", "Open")) == (
        "Öffnen",
        "Offen",
        "Open",
    )


@pytest.mark.parametrize("wrong", ["Hallo %(nmae)s", "Hallo %(name)d %", "Hallo %s", "100% %(name)s"])
def test_a_translation_that_would_not_format_is_refused(tmp_path: Path, wrong: str) -> None:
    catalogue(tmp_path, "de", entries({"Hello %(name)s": wrong, "one": "eins"}))
    (found,) = Catalogues([(tmp_path, "messages")]).along(["de"])
    assert isinstance(found, Catalogue)
    assert found.refused == ("Hello %(name)s",)
    assert Translations((found,)).gettext("Hello %(name)s") == "Hello %(name)s"
    assert Translations((found,)).gettext("one") == "eins"


def test_a_message_that_is_no_format_itself_may_be_translated_by_anything(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", entries({"100% sure": "100% sicher"}))
    assert translations(tmp_path, "de").gettext("100% sure") == "100% sicher"


@pytest.mark.parametrize(
    ("folder", "asked"),
    [
        *(("zh_Hans", "zh"), ("zh_CN", "zh"), ("zh_Hant", "zh-Hant"), ("zh_TW", "zh-Hant"), ("sr@latin", "sr-Latn")),
        *(("pt_BR", "pt-BR"), ("pt_BR", "pt"), ("ca@valencia", "ca"), ("no", "nb")),
    ],
)
def test_a_folders_name_is_any_way_to_write_the_locale(tmp_path: Path, folder: str, asked: str) -> None:
    catalogue(tmp_path, folder, entries({"one": "1"}))
    assert translations(tmp_path, asked).gettext("one") == "1"


def test_a_languages_own_catalogue_comes_before_that_of_its_usual_region(tmp_path: Path) -> None:
    catalogue(tmp_path, "pt_BR", entries({"one": "um (BR)"}))
    catalogue(tmp_path, "pt", entries({"one": "um"}))
    assert translations(tmp_path, "pt").gettext("one") == "um"


def test_folders_that_are_no_locales_are_left_alone(tmp_path: Path) -> None:
    catalogue(tmp_path, "templates", entries({"one": "1"}))
    assert Catalogues([(tmp_path, "messages")]).locales == frozenset()


def test_folders_are_searched_in_order_each_with_its_own_domain(tmp_path: Path) -> None:
    catalogue(tmp_path / "a", "de", entries({"one": "a"}), domain="shop")
    catalogue(tmp_path / "b", "de", entries({"one": "b", "two": "b"}), domain="rookery")
    found = Translations(Catalogues([(tmp_path / "a", "shop"), (tmp_path / "b", "rookery")]).along(["de"]))
    assert (found.gettext("one"), found.gettext("two")) == ("a", "b")


def test_a_search_path_that_is_not_there_has_no_catalogues(tmp_path: Path) -> None:
    assert Catalogues([(tmp_path / "nowhere", "messages")]).locales == frozenset()


@pytest.mark.parametrize("content", ["msgid nonsense", "\xff\xfe"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    catalogue(tmp_path, "de", "")
    file = tmp_path / "de" / "LC_MESSAGES" / "messages.po"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(CatalogueBroken, match=r"messages\.po"):
        Catalogues([(tmp_path, "messages")]).along(["de"])


def test_a_plural_formula_that_is_no_formula_is_refused(tmp_path: Path) -> None:
    catalogue(tmp_path, "de", "", forms="nplurals=2; plural=__import__('os');")
    with pytest.raises(CatalogueBroken):
        Catalogues([(tmp_path, "messages")]).along(["de"])


def test_a_catalogue_is_read_once(tmp_path: Path) -> None:
    found = Catalogues([(catalogue(tmp_path, "de", entries({"one": "eins"})), "messages")])
    assert found.along(["de"]) == found.along(["de"])
