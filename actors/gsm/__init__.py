"""Texts as the mobile network carries them: 3GPP 23.038 (alphabets), 23.040 (headers). Pure; any thread.

split("Grüße", Policy(), reference=7)    # the encoding with the fewest segments, and the segments
culprits("so “smart”")                   # what forces UCS-2, and what could stand there
Reassembly().add(key, part, token, now)  # parts to texts, as they come
"""

from actors.gsm.choice import Choice, Policy, choose
from actors.gsm.coding import Coding
from actors.gsm.decoding import charset, data_coding, decode
from actors.gsm.header import Concatenation, Header, InvalidHeader, parse, separate
from actors.gsm.national import Language
from actors.gsm.reassembly import Added, Incomplete, Part, Reassembly, Whole
from actors.gsm.segments import Segment, Segmented, TooLong, split
from actors.gsm.septets import fill_bits, pack, unpack
from actors.gsm.typography import SUBSTITUTES, Culprit, culprits, substitute

__all__ = [
    "SUBSTITUTES",
    "Added",
    "Choice",
    "Coding",
    "Concatenation",
    "Culprit",
    "Header",
    "Incomplete",
    "InvalidHeader",
    "Language",
    "Part",
    "Policy",
    "Reassembly",
    "Segment",
    "Segmented",
    "TooLong",
    "Whole",
    "charset",
    "choose",
    "culprits",
    "data_coding",
    "decode",
    "fill_bits",
    "pack",
    "parse",
    "separate",
    "split",
    "substitute",
    "unpack",
]
