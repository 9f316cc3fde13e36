"""Real texts, all languages and all emoji through the splitter and back. Read in place."""

import json
from pathlib import Path

from actors.gsm.choice import Policy
from actors.gsm.coding import Coding
from actors.gsm.decoding import data_coding
from actors.gsm.header import parse
from actors.gsm.national import Language
from actors.gsm.reassembly import Part, Reassembly
from actors.gsm.segments import Segmented, split
from actors.gsm.typography import culprits

AS_WRITTEN = Policy(substitute=False)


def _received(segmented: Segmented) -> str | None:
    """What the phone shows, when the parts come in backwards."""
    reassembly: Reassembly[None] = Reassembly()
    if len(segmented.segments) == 1:
        (segment,) = segmented.segments
        coding = data_coding(segmented.coding)
        return parse(segment.udh).alphabet.decode(segment.body) if coding == 0 else segment.body.decode("utf-16-be")
    for segment in reversed(segmented.segments):
        header = parse(segment.udh)
        assert header.concatenation is not None
        part = Part(header.concatenation, data_coding(segmented.coding), segment.body, header)
        added = reassembly.add("a phone", part, None, 0)
    assert added.whole is not None
    return added.whole.text


def test_real_texts(corpus: Path) -> None:
    lines = (corpus / "07_sms" / "uci" / "SMSSpamCollection.tsv").read_text().splitlines()
    texts = [line.split("\t", 1)[1] for line in lines]
    assert len(texts) == 5574
    counted = dict.fromkeys(Coding, 0)
    for text in texts:
        segmented = split(text, AS_WRITTEN)
        counted[segmented.coding] += 1
        assert _received(segmented) == segmented.text == text
        assert (segmented.coding is Coding.GSM7) == (not culprits(text))
        assert len(split(text).segments) <= len(segmented.segments)
    assert counted[Coding.GSM7] > 5000
    assert counted[Coding.UCS2] > 50


def test_all_languages(corpus: Path) -> None:
    excerpts = json.loads((corpus / "07_sms" / "multilingual" / "udhr_excerpts.json").read_text())
    assert len(excerpts) == 532
    for excerpt in excerpts:
        text = "\n".join([excerpt["heading"] or "", excerpt["article1"] or "", *excerpt["paragraphs"]])
        assert _received(split(text, AS_WRITTEN)) == text, excerpt["file"]


def test_national_tables_save_segments_and_change_nothing(corpus: Path) -> None:
    excerpts = json.loads((corpus / "07_sms" / "multilingual" / "udhr_excerpts.json").read_text())
    spoken = {"hin": Language.HINDI, "tur": Language.TURKISH, "por_PT": Language.PORTUGUESE}
    saved = dict.fromkeys(spoken, 0)
    for excerpt in excerpts:
        if (language := spoken.get(excerpt["code"])) is None or not excerpt["article1"]:
            continue
        text = excerpt["article1"]
        usual, national = split(text, AS_WRITTEN), split(text, Policy(substitute=False, languages=(language,)))
        assert _received(national) == text
        saved[excerpt["code"]] += len(usual.segments) - len(national.segments)
    assert all(saved.values()), saved


def test_all_emoji(corpus: Path) -> None:
    emoji = json.loads((corpus / "07_sms" / "multilingual" / "emoji_ordered.json").read_text())
    for start in range(0, len(emoji), 100):
        text = "".join(emoji[start : start + 100])
        segmented = split(text)
        assert _received(segmented) == text
    for each in emoji:
        assert split(f"We won {each}!").coding is Coding.UCS2
