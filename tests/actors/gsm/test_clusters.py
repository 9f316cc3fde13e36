"""Clusters: what a reader takes for one character."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.clusters import clusters, starts

ONE = {
    "a letter and its accent": "e\u0301",
    "a family": "👩\u200d👩\u200d👧\u200d👦",
    "a skin tone": "👍🏽",
    "a flag": "🇳🇴",
    "a flag of tags": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a keycap": "1\ufe0f\u20e3",
    "a syllable of letters": "\u1112\u1161\u11ab",
    "a syllable and its end": "\uac00\u11a8",
    "a line break": "\r\n",
    "a vowel sign": "कि",
}


@pytest.mark.parametrize("what", list(ONE))
def test_it_is_one(what: str) -> None:
    assert clusters("x" + ONE[what] + "y") == [(0, "x"), (1, ONE[what]), (1 + len(ONE[what]), "y")]


def test_two_flags_are_two() -> None:
    assert clusters("🇳🇴🇩🇪🇫") == [(0, "🇳🇴"), (2, "🇩🇪"), (4, "🇫")]
    assert starts("") == []


def test_every_emoji_is_one(corpus: Path) -> None:
    emoji = json.loads((corpus / "07_sms" / "multilingual" / "emoji_ordered.json").read_text())
    assert len(emoji) > 1900
    assert clusters("".join(emoji)) == clusters("".join(emoji))
    assert [text for _, text in clusters(" ".join(emoji))][::2] == emoji


@given(st.text())
def test_clusters_are_the_text(text: str) -> None:
    assert "".join(cluster for _, cluster in clusters(text)) == text
    assert all(text[position:].startswith(cluster) for position, cluster in clusters(text))
