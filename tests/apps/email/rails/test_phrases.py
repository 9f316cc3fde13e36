from pathlib import Path

import pytest

from apps.email.rails.keys import CONTEXT
from apps.email.rails.phrases import Phrases, PhrasesBroken, placeholders, read, read_folder

FORMS = {"one": "день", "few": "дня", "many": "дней", "other": "дня"}
RUSSIAN = "ru:\n  days:\n" + "".join(f"    {form}: '%{{count}} {word}'\n" for form, word in FORMS.items())


def phrases(folder: Path, text: str) -> dict[str, Phrases]:
    (folder / "some.yml").write_text(text, encoding="utf-8")
    return read_folder(folder)


def find(found: Phrases, key: str, number: object = None) -> object:
    return found.find((CONTEXT, key), number)


@pytest.mark.parametrize(("number", "form"), [(1, "день"), (3, "дня"), (11, "дней"), (21, "день"), (1.5, "дня")])
def test_the_form_is_that_of_the_language(tmp_path: Path, number: float, form: str) -> None:
    assert find(phrases(tmp_path, RUSSIAN)["ru"], "days", number) == f"%{{count}} {form}"


@pytest.mark.parametrize("number", [None, True, "3", [1]])
def test_what_is_no_number_takes_the_form_other(tmp_path: Path, number: object) -> None:
    assert find(phrases(tmp_path, RUSSIAN)["ru"], "days", number) == "%{count} дня"


def test_zero_may_have_its_own_form_in_any_language(tmp_path: Path) -> None:
    found = phrases(tmp_path, "en:\n  n:\n    zero: none\n    one: one\n    other: many\n")["en"]
    assert [find(found, "n", number) for number in (0, 1, 2)] == ["none", "one", "many"]


def test_all_six_forms_of_arabic(tmp_path: Path) -> None:
    names = ["zero", "one", "two", "few", "many", "other"]
    forms = "".join(f"    {form}: {form}\n" for form in names)
    found = phrases(tmp_path, f"ar:\n  n:\n{forms}")["ar"]
    assert [find(found, "n", number) for number in (0, 1, 2, 3, 11, 100)] == names


def test_scalars_are_texts_lists_stay_lists_and_keys_get_dots(tmp_path: Path) -> None:
    found = phrases(
        tmp_path, "no:\n  a:\n    yes: no\n    n: 1.0\n    list:\n    - ~\n    - :day\n    - b\n    empty:\n"
    )["nb"]
    assert {key: value for (_, key), value in found.messages.items()} == {
        "a.yes": "no",
        "a.n": "1.0",
        "a.list": ("", ":day", "b"),
    }


def test_merge_keys_and_several_locales_in_one_file(tmp_path: Path) -> None:
    found = phrases(tmp_path, "en: &en\n  a: A\n  b: B\nen-GB:\n  <<: *en\n  b: C\nxx-unknown:\n  a: x\n")
    assert find(found["en-GB"], "a") == "A"
    assert find(found["en-GB"], "b") == "C"
    assert set(found) == {"en", "en-GB"}


def test_the_file_that_sorts_later_wins(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "a.yml").write_text("en: {a: first, b: kept}")
    (tmp_path / "z" / "b.yaml").write_text("en: {a: second}")
    found = read_folder(tmp_path)["en"]
    assert (find(found, "a"), find(found, "b")) == ("second", "kept")


@pytest.mark.parametrize("text", ["en: [1", "- a", "en: text", "en: {a: !ruby/object:Foo {}}"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yml").write_text(text)
    with pytest.raises(PhrasesBroken, match=r"bad\.yml"):
        read(tmp_path / "bad.yml")


def test_placeholders() -> None:
    assert placeholders("%{a} %<b>.2f %%{c} 100% %{d}") == {"a", "b", "d"}
