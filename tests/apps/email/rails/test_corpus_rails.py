"""Real catalogues of Rails: every file is read, and every plural form is that of CLDR's own samples."""

import json
from pathlib import Path

import pytest

from apps.email import locale
from apps.email.errors import UnknownLocale
from apps.email.rails.keys import CONTEXT
from apps.email.rails.localize import Localize
from apps.email.rails.phrases import Phrases, read_folder
from apps.email.translations import Catalogues, Translations

FOLDERS = ("rails-i18n/rails/locale", "devise-i18n/rails/locales", "devise/config/locales")

#: Languages whose rules Babel's release of CLDR does not have yet.
YOUNGER = frozenset({"cv", "ie", "kok", "kok-Latn"})


@pytest.fixture(scope="module")
def folders(corpus: Path) -> list[Path]:
    return [corpus / "01_password_reset_i18n" / folder for folder in FOLDERS]


def test_every_file_is_read(folders: list[Path]) -> None:
    found = read_folder(folders[0])
    assert len(found) >= 110
    for tag, phrases in found.items():
        assert isinstance(phrases.find((CONTEXT, "datetime.distance_in_words.x_days"), 3), str), tag
        assert len(phrases.find((CONTEXT, "date.month_names"))) == 13, tag


def test_devises_mails_speak_seventy_languages(folders: list[Path]) -> None:
    catalogues = Catalogues([], folders)
    key = (CONTEXT, "devise.mailer.reset_password_instructions.subject")
    speaking = {tag for tag in catalogues.locales if Translations(catalogues.along([tag]))._find(key)}
    assert len(speaking) >= 65
    said = Translations(catalogues.along(locale.chain(["pt-BR"], "en")))._find(key)
    assert said == "Instruções de redefinição de senha"


def test_dates_in_every_language(folders: list[Path]) -> None:
    for tag, phrases in read_folder(folders[0]).items():
        write = Localize(Translations((phrases,)), tag)
        assert "%" not in write("2026-11-22", format="long"), tag
        assert "2026" in write("2026-11-22T09:05:00", format="%Y %B %a"), tag
    assert Localize(Translations((read_folder(folders[0])["ru"],)), "ru")("2026-11-22", "long") == "22 ноября 2026"


def test_every_category_is_chosen_as_in_cldrs_samples(corpus: Path) -> None:
    file = next((corpus / "01_password_reset_i18n" / "cldr").rglob("plurals.json"))
    rules = json.loads(file.read_text())["supplemental"]["plurals-type-cardinal"]
    checked, different = 0, set[str]()
    for name, categories in rules.items():
        try:
            tag = locale.parse(name)
        except UnknownLocale:
            continue
        if str(locale.formats(tag)).partition("_")[0] != name.partition("-")[0]:
            continue  # Babel has no data for it, English stands in
        forms = {rule.removeprefix("pluralRule-count-"): rule.removeprefix("pluralRule-count-") for rule in categories}
        forms.pop("zero", None)  # zero has a meaning of its own in Rails
        phrases = Phrases(tag, {(CONTEXT, "n"): forms})
        for rule, text in categories.items():
            category = rule.removeprefix("pluralRule-count-")
            for number in _integers(text) if category != "zero" else ():
                checked += 1
                if phrases.find((CONTEXT, "n"), number) != category:
                    different.add(name)
    assert different <= YOUNGER
    assert checked > 1500


def _integers(text: str) -> list[int]:
    """The sample numbers of a rule: `@integer 1, 21, 31~41, …`."""
    samples = text.partition("@integer")[2].partition("@decimal")[0].replace("…", "")
    return [int(end) for sample in samples.split(",") for end in sample.strip().split("~") if end.isdigit()]
