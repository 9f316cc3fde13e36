"""Opt-out words as carriers know them, as people write them, and in other words; and what is none of it."""

# ruff: noqa: RUF001  letters of other scripts look like ours

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.optout import Help, Scope, Start, Stop, Sure, recognise, stands_alone
from apps.sms.optout.recognition import _written
from apps.sms.optout.words import LOCAL, Wish
from tests.apps.sms.optout.phrases import LATER, ORDINARY, STOPS

STANDARD = ("STOP", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "REMOVE")
#: What the real texts have that is recognised. Both say so.
REALLY_MEANT = ("Please don't text me anymore.", "Any chance you might have had with me")


@pytest.mark.parametrize("word", STANDARD)
def test_standard_words(word: str) -> None:
    for written in (word, word.lower(), word.capitalize(), f"  {word}\n"):
        assert recognise(written) == Stop(Scope.THIS, Sure.EXACT, word.lower())
        assert stands_alone(written)


@pytest.mark.parametrize(
    "text",
    [
        "STOP.",
        '"Stop"',
        "«stop»",
        "stop!!!",
        "ＳＴＯＰ",
        "s t o p",
        "S.T.O.P.",
        "STOP 🛑",
        "stop\u200b",
        "‘STOP’",
        "stoooop",
        "STOPP",
        "*stop*",
    ],
)
def test_a_word_however_it_is_dressed(text: str) -> None:
    found = recognise(text)
    assert isinstance(found, Stop)
    assert (found.scope, found.sure) == (Scope.THIS, Sure.EXACT if text == "STOPP" else Sure.VARIANT)
    assert stands_alone(text)


def test_everything_at_once() -> None:
    for text in ("STOPALL", "stop all", "Stop-All!", "全部退订"):
        found = recognise(text)
        assert isinstance(found, Stop)
        assert found.scope is Scope.ALL, text
    found = recognise("please remove me from all your lists")
    assert isinstance(found, Stop)
    assert found.scope is Scope.ALL


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("ARRET", Sure.EXACT),
        ("arrêt", Sure.EXACT),
        ("Stopp", Sure.EXACT),
        ("abmelden.", Sure.VARIANT),
        ("BAJA", Sure.EXACT),
        ("parar", Sure.EXACT),
        ("SAIR!", Sure.VARIANT),
        ("退订", Sure.EXACT),
        ("إلغاء", Sure.EXACT),
        ("الغاء", Sure.VARIANT),
        ("रोकें", Sure.EXACT),
        ("配信停止", Sure.EXACT),
        ("İPTAL", Sure.EXACT),
        ("iptal", Sure.VARIANT),
        ("СТОП", Sure.EXACT),
    ],
)
def test_words_of_other_languages(text: str, sure: Sure) -> None:
    found = recognise(text)
    assert isinstance(found, Stop)
    assert found.sure is sure
    assert stands_alone(text)


def test_a_word_that_means_something_else_elsewhere_needs_its_language() -> None:
    for word, locale in (("RED", "tr"), ("td", "zh-CN"), ("fin", "fr_FR"), ("ende", "de")):
        assert recognise(word) is None
        assert isinstance(recognise(word, locale), Stop)
        assert recognise(word, "en") is None
        assert not stands_alone(word)


def test_help_and_start() -> None:
    assert recognise("HELP") == Help(Sure.EXACT, "help")
    assert recognise("¿Ayuda?") == Help(Sure.VARIANT, "ayuda")
    assert recognise("info") == Help(Sure.EXACT, "info")
    assert recognise("Start") == Start(Sure.EXACT, "start")
    assert recognise("unstop!") == Start(Sure.VARIANT, "unstop")
    for text in ("Start texting me again", "please resubscribe me", "sign me up again", "start please"):
        found = recognise(text)
        assert isinstance(found, Start)
        assert found.sure is Sure.WORDING
    assert stands_alone("HELP")


def test_a_yes_is_an_opt_in_only_for_who_was_asked() -> None:
    for text in ("YES", "yes please", "Oui!", "Sí", "ja", "はい", "Y"):
        assert recognise(text) is None
        assert isinstance(recognise(text, asked=True), Start)
        assert not stands_alone(text)
    assert isinstance(recognise("stop", asked=True), Stop)
    assert recognise("yes I will come to the rally", asked=True) is None


@pytest.mark.parametrize("language", list(STOPS))
def test_reasonable_wording(language: str) -> None:
    texts = STOPS[language] + LATER.get(language, ())
    missed = [text for text in texts if not isinstance(recognise(text), Stop)]
    assert missed == []


def test_there_is_wording_enough_to_measure() -> None:
    assert LATER.keys() <= STOPS.keys()
    assert sum(map(len, [*STOPS.values(), *LATER.values()])) > 220
    assert len(STOPS) > 15


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_texts_ask_nothing(text: str) -> None:
    assert recognise(text) is None
    assert not stands_alone(text)


def test_real_texts(corpus: Path) -> None:
    """Of 5,574 texts, of which 138 have the word stop in them, two ask for it, and they do."""
    lines = (corpus / "07_sms" / "uci" / "SMSSpamCollection.tsv").read_text().splitlines()
    texts = [line.split("\t", 1)[1] for line in lines]
    assert len(texts) == 5574
    recognised = [text for text in texts if recognise(text) is not None]
    mistaken = [text for text in recognised if not text.startswith(REALLY_MEANT)]
    assert mistaken == []
    assert len(recognised) == len(REALLY_MEANT)
    assert [text for text in texts if stands_alone(text)] == []


def test_the_keywords_of_carriers(corpus: Path) -> None:
    documented = json.loads((corpus / "07_sms" / "optout_keywords.json").read_text())
    for source in (documented["twilio"], documented["braze"]):
        for word in source["opt_out"] + source.get("opt_out_french", []):
            assert isinstance(recognise(word), Stop), word
        for word in source["opt_in"]:
            assert isinstance(recognise(word, asked=True), Start), word
        for word in source["help"]:
            assert isinstance(recognise(word), Help), word


def test_every_word_of_the_table_is_recognised_in_any_case() -> None:
    kinds = {Wish.STOP: Stop, Wish.STOP_ALL: Stop, Wish.START: Start, Wish.HELP: Help, Wish.YES: Start}
    for where, wish, word in _written():
        for written in (word, word.lower(), word.upper(), f"{word}!", f" “{word}” 🙏"):
            assert isinstance(recognise(written, where, asked=True), kinds[wish]), (where, written)


def test_no_word_means_two_things() -> None:
    everywhere = {word: wish for where, wish, word in _written() if not where}
    for language, wishes in LOCAL.items():
        for wish, listed in wishes.items():
            assert all(everywhere.get(word, wish) is wish for word in listed.split(", ")), language


@given(st.text(max_size=400), st.sampled_from([None, "en", "tr", "zz"]))
def test_any_text_can_be_asked(text: str, locale: str | None) -> None:
    found = recognise(text, locale)
    if stands_alone(text, locale):
        assert found is not None


def test_a_story_is_not_read() -> None:
    assert recognise("stop texting me. " * 40) is None
