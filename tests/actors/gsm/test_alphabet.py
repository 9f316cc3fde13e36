"""The alphabets against tables that others made: Perl's Encode, and a Go library's national tables."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.alphabet import DEFAULT, alphabet
from actors.gsm.national import LOCKING, SHIFT, Language

#: (language, table, septet): ours, because the other table is mistaken or leaves something out.
DIFFERENCES = {
    ("hindi", "locking", 0x00): "\u0901",  # there Bengali's signs stand among those of Devanagari
    ("hindi", "locking", 0x01): "\u0902",
    ("hindi", "locking", 0x02): "\u0903",
    ("telugu", "shift", 0x65): None,  # release 18 of the standard has no euro sign here
}
#: There, the second control character of the shift tables is a line break; ours is shown as the locking table has it.
CONTROL = 0x0D


def test_the_default_alphabet_is_that_of_perl(corpus: Path) -> None:
    lines = (corpus / "07_sms" / "gsm0338" / "perl_Encode_GSM0338_decode.tsv").read_text().splitlines()
    table = dict(line.split("\t") for line in lines)
    assert len(table) == 256
    for septets, code in table.items():
        octets = bytes.fromhex(septets)
        if octets == b"\x1b":
            assert DEFAULT.decode(octets) == ""
        elif octets[0] == 0x1B and not code:
            assert DEFAULT.decode(octets) == (" " if octets[1] == 0x1B else DEFAULT.decode(octets[1:]))
        else:
            assert DEFAULT.decode(octets) == chr(int(code, 16))
            assert DEFAULT.encode(chr(int(code, 16))) == octets


def test_national_tables_are_those_of_another_library(corpus: Path) -> None:
    tables = json.loads((corpus / "07_sms" / "gsm0338" / "gsm_tables.json").read_text())["tables"]
    assert len(tables) == len(Language)
    compared = 0
    for name, theirs in tables.items():
        language = Language(theirs["national_language_identifier"])
        for kind, escape in (("locking", b""), ("shift", b"\x1b")):
            for septet in set(range(128)) - {0x1B, CONTROL if kind == "shift" else -1}:
                expected = DIFFERENCES.get((name, kind, septet), theirs[kind].get(f"{septet:02x}"))
                if expected is None:
                    continue
                alphabets = alphabet(language, Language.DEFAULT) if kind == "locking" else alphabet(shift=language)
                assert alphabets.decode(escape + bytes([septet])) == expected, (name, kind, hex(septet))
                compared += 1
    assert compared > 2200


@pytest.mark.parametrize("language", list(Language))
def test_what_is_encoded_is_decoded(language: Language) -> None:
    for locking, shift in ((language, Language.DEFAULT), (Language.DEFAULT, language), (language, language)):
        table = alphabet(locking, shift)
        cells = LOCKING.get(locking, LOCKING[Language.DEFAULT]).split() + SHIFT[shift].split()
        assert len(cells) == 256
        everything = "".join(map(chr, table._septets))
        octets = table.encode(everything)
        assert octets is not None
        assert table.decode(octets) == everything
        assert len(octets) == sum(map(table.width, everything))


@given(st.text(st.sampled_from(list(map(chr, DEFAULT._septets)))))
def test_every_text_of_the_alphabet_comes_back(text: str) -> None:
    octets = DEFAULT.encode(text)
    assert octets is not None
    assert max(octets, default=0) < 128
    assert DEFAULT.decode(octets) == text


@given(st.binary())
def test_any_octets_are_read_and_what_has_no_character_is_said(octets: bytes) -> None:
    assert len(DEFAULT.decode(octets)) <= len(octets)
    assert DEFAULT.decode(octets).count("\N{REPLACEMENT CHARACTER}") <= sum(octet > 127 for octet in octets)


def test_escapes_that_nobody_knows() -> None:
    assert DEFAULT.decode(b"\x1bA") == "A"
    assert DEFAULT.decode(b"a\x1b\x1bA") == "a A"
    assert DEFAULT.decode(b"a\x1b") == "a"
    assert DEFAULT.encode("\x1b") is None
    assert DEFAULT.encode("naïve") is None
    assert "€" in DEFAULT
    assert "ï" not in DEFAULT


def test_a_language_without_a_locking_table_locks_to_the_default() -> None:
    spanish = alphabet(Language.SPANISH, Language.SPANISH)
    assert spanish.encode("¿Qué tal, según él?") == DEFAULT.encode(
        "¿Qué tal, seg\x00n él?".replace("\x00", "^")
    ).replace(b"\x1b\x14", b"\x1bu")
