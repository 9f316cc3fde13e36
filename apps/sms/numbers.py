"""Numbers as people write them, kept apart by what they are: E.164, short codes, names. Pure; any thread.

Who answers texts has a number of E.164, so most are that. A short code is a number of one country that no other can
reach, and a name (an alphanumeric sender) can be answered by nobody. By the data of libphonenumber.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult, timezone

from actors.carrier.port import NumberType, Party
from actors.gsm.alphabet import DEFAULT
from apps.sms.errors import SmsError

SHORT_CODE_DIGITS = range(3, 9)
NAME_SEPTETS = 11
_REMEMBERED = 10_000
_NO_COUNTRY = "001"
_WHY = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "has no area code",
    ValidationResult.INVALID_COUNTRY_CODE: "has the code of no country",
    ValidationResult.TOO_SHORT: "is too short for its country",
    ValidationResult.TOO_LONG: "is too long for its country",
    ValidationResult.INVALID_LENGTH: "has a length that its country does not use",
}
_UNREADABLE = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "has the code of no country",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "is too short",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "is too short",
    phonenumbers.NumberParseException.TOO_LONG: "is too long",
}


class InvalidNumber(SmsError):
    """Neither a number, a short code nor a sender's name; `field` says where it was given."""

    title = "That is no number to text"

    def __init__(self, reason: str, value: str, field: str) -> None:
        super().__init__(f"{field}: {value!r} {reason}", field=field)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class About:
    """What a number of E.164 tells of itself.

    Attributes:
        country: its calling code; numbers may have been ported, but not to another country.
        region: two letters (ISO 3166); None for numbers of no country, such as those of satellites.
        kind: `mobile`, `fixed_line`, `fixed_line_or_mobile`, `toll_free`, ... or `unknown`.
        assigned: whether numbers like it are given out at all; those for examples and tests are not.
        time_zones: all that it may be in; none when nobody knows.
    """

    country: int
    region: str | None
    kind: str
    assigned: bool
    time_zones: tuple[str, ...]


def parse(text: str, default_region: str | None = None, field: str = "number") -> Party:
    """What somebody wrote. Raises InvalidNumber, with the name of the field.

    `default_region` (two letters) reads numbers without a country. 3 to 8 lone digits are a short code, unless they are
    a number that is given out there. Anything else with a letter is a name, unless it begins like a number.
    """
    written = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    if not written:
        raise InvalidNumber("is empty", text, field)
    dialled = written.removeprefix("tel:")
    if written == dialled and any(c.isalpha() for c in written) and not written.startswith(("+", "＋", "(+")):  # noqa: RUF001
        return _name(written, field)
    number, why = _number(dialled, default_region)
    short = written.isdecimal() and len(written) in SHORT_CODE_DIGITS
    if short and not (number is not None and phonenumbers.is_valid_number(number)):
        return Party(NumberType.SHORT_CODE, phonenumbers.normalize_digits_only(written))
    if number is None or why:
        raise InvalidNumber(why, text, field)
    return Party(NumberType.E164, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(_REMEMBERED)
def about(party: Party) -> About | None:
    """Of a number of E.164; None for short codes and names, of which only their carrier knows."""
    if party.type is not NumberType.E164:
        return None
    number = phonenumbers.parse(party.value)
    region = phonenumbers.region_code_for_number(number)
    return About(
        number.country_code or 0,
        None if region == _NO_COUNTRY else region,
        phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number)).lower(),
        phonenumbers.is_valid_number(number),
        tuple(zone for zone in timezone.time_zones_for_number(number) if zone != timezone.UNKNOWN_TIMEZONE),
    )


def region(number: str) -> str | None:
    """Two letters, of a number of E.164; None for those of no country. Much cheaper than `about`."""
    code = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return None if code == _NO_COUNTRY else code


def time_zones(party: Party) -> tuple[str, ...]:
    """All time zones that a number may be in; quiet hours are quiet in each of them."""
    found = about(party)
    return found.time_zones if found is not None else ()


def _number(written: str, default_region: str | None) -> tuple[PhoneNumber | None, str]:
    """The number, and why it is none."""
    try:
        number = phonenumbers.parse(written, default_region)
    except phonenumbers.NumberParseException as error:
        if error.error_type == error.INVALID_COUNTRY_CODE and default_region is None and written[0].isdecimal():
            return None, "has no country; begin with + and the country's code"
        return None, _UNREADABLE.get(error.error_type, "is no telephone number")
    if number.extension:
        return None, f"has the extension {number.extension}, which texts cannot reach"
    reason = phonenumbers.is_possible_number_with_reason(number)
    return number, "" if reason == ValidationResult.IS_POSSIBLE else _WHY[reason]


def _name(written: str, field: str) -> Party:
    septets = DEFAULT.encode(written)
    if septets is None or not written.isprintable():
        raise InvalidNumber("has characters that the name of a sender cannot have", written, field)
    if len(septets) > NAME_SEPTETS:
        raise InvalidNumber(f"is longer than the {NAME_SEPTETS} characters of a sender's name", written, field)
    return Party(NumberType.ALPHANUMERIC, written)
