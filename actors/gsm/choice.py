"""Which encoding a text takes, and how many segments that is (3GPP 23.038, 23.040). Pure; any thread."""

from collections.abc import Iterator
from dataclasses import dataclass

from actors.gsm.alphabet import Alphabet, alphabet
from actors.gsm.coding import Coding
from actors.gsm.header import Concatenation, Header
from actors.gsm.national import LOCKING, Language
from actors.gsm.typography import substitute

#: Octets of user data in one segment, header included.
USER_DATA_OCTETS = 140


@dataclass(frozen=True, slots=True)
class Policy:
    """What a carrier can do and a sender wants.

    Attributes:
        substitute: type plainly what is typographic, when the whole text becomes GSM-7 by that and is not longer.
        languages: national tables that may be used; the carrier has to know them.
        wide_reference: references of 16 bits: one septet or code unit less, and 256 times fewer collisions.
    """

    substitute: bool = True
    languages: tuple[Language, ...] = ()
    wide_reference: bool = False


USUAL = Policy()


@dataclass(frozen=True, slots=True)
class Choice:
    """How a text goes out. `body` has septets one to an octet, or UTF-16 big-endian; `text` is what it says."""

    coding: Coding
    text: str
    body: bytes
    alphabet: Alphabet

    @property
    def units(self) -> int:
        """Septets or code units of all of it."""
        return len(self.body) if self.coding is Coding.GSM7 else len(self.body) // 2

    def widths(self) -> Iterator[int]:
        """Units of each character."""
        if self.coding is Coding.GSM7:
            return map(self.alphabet.width, self.text)
        return (2 if character > "\uffff" else 1 for character in self.text)

    def header(self, part: Concatenation | None = None) -> Header:
        return Header(part, self.alphabet.locking, self.alphabet.shift)

    def capacity(self, header_octets: int) -> int:
        """Units that fit into one segment beside a header."""
        octets = USER_DATA_OCTETS - header_octets
        return octets * 8 // 7 if self.coding is Coding.GSM7 else octets // 2


def choose(text: str, policy: Policy = USUAL) -> Choice:
    """The encoding with the fewest segments; of those the first of: as written in GSM-7, with a national table, typed
    plainly, UCS-2.

    Halves of surrogate pairs without the other half, which no encoding has, become the replacement character.
    """
    plain = alphabet()
    if (body := plain.encode(text)) is not None:
        return Choice(Coding.GSM7, text, body, plain)
    choices = [*_septets(text, policy), _ucs2(text)]
    return min(choices, key=lambda choice: fewest(choice, policy))


def fewest(choice: Choice, policy: Policy) -> int:
    """Segments that a choice takes, when characters are not cut."""
    single = choice.capacity(len(choice.header().encode()))
    if choice.units <= single:
        return 1
    header = choice.header(Concatenation(0, 2, 1, policy.wide_reference)).encode()
    capacity = choice.capacity(len(header))
    count, used = 1, 0
    for width in choice.widths():
        used += width
        if used > capacity:
            count, used = count + 1, width
    return count


def _septets(text: str, policy: Policy) -> Iterator[Choice]:
    allowed = tuple(_alphabets(policy.languages))
    for table in allowed:
        if (body := table.encode(text)) is not None:
            yield Choice(Coding.GSM7, text, body, table)
    for table in allowed if policy.substitute else ():
        if (typed := substitute(text, table)) is not None and (body := table.encode(typed)) is not None:
            yield Choice(Coding.GSM7, typed, body, table)


def _alphabets(languages: tuple[Language, ...]) -> Iterator[Alphabet]:
    yield alphabet()
    for language in languages:
        yield alphabet(Language.DEFAULT, language)
        if language in LOCKING:
            yield alphabet(language, Language.DEFAULT)
            yield alphabet(language, language)


def _ucs2(text: str) -> Choice:
    try:
        body = text.encode("utf-16-be")
    except UnicodeEncodeError:
        text = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
        body = text.encode("utf-16-be")
    return Choice(Coding.UCS2, text, body, alphabet())
