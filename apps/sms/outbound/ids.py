"""The names that carriers give to pieces, as receipts write them: not always as the answer did. Pure; any thread."""

_DECIMAL = frozenset("0123456789")
_HEX = _DECIMAL | frozenset("abcdefABCDEF")


def variants(carrier_id: str) -> tuple[str, ...]:
    """All ways in which the answer may have written what a receipt calls so, the likeliest first.

    Case, leading zeros, and decimal for hexadecimal or the other way round (SMPP 3.4 leaves the form to the SMSC).
    """
    bare = carrier_id.strip()
    found = [bare, bare.lower(), bare.upper()]
    digits = set(bare)
    if bare and digits <= _HEX:
        found += [bare.lstrip("0"), bare.lower().lstrip("0"), bare.upper().lstrip("0")]
        if digits <= _DECIMAL:
            found += _cases(f"{int(bare):x}")
        found += _padded(str(int(bare, 16)))
    return tuple(dict.fromkeys(one for one in found if one))


def _cases(written: str) -> list[str]:
    return [form for one in _padded(written) for form in (one, one.upper())]


def _padded(written: str) -> list[str]:
    """Bare, and with the leading zeros that are usual."""
    return [written, written.zfill(8), written.zfill(10)]
