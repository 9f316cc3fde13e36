import pytest

from actors.carrier.port import Accepted, Refused, Throttled
from actors.smpp import statuses


def test_it_took_the_piece() -> None:
    assert statuses.verdict(0, "17") == Accepted("17")


@pytest.mark.parametrize(("status", "code"), [(0x58, "ESME_RTHROTTLED(0x58)"), (0x14, "ESME_RMSGQFUL(0x14)")])
def test_it_wants_less(status: int, code: str) -> None:
    assert statuses.verdict(status, "") == Throttled(code)


@pytest.mark.parametrize("status", [0x04, 0x05, 0x08, 0x0D, 0x45, 0x64, 0xFE, 0xFF, 0x400, 0x4FF, 0x999])
def test_its_own_trouble_is_temporary(status: int) -> None:
    verdict = statuses.verdict(status, "")
    assert isinstance(verdict, Refused) and not verdict.permanent


@pytest.mark.parametrize("status", [0x01, 0x0A, 0x0B, 0x15, 0x43, 0x50, 0x61, 0x65, 0x66, 0xC3])
def test_what_is_wrong_with_the_piece_stays_wrong(status: int) -> None:
    verdict = statuses.verdict(status, "")
    assert isinstance(verdict, Refused) and verdict.permanent
    assert verdict.code == f"{statuses.NAMES[status]}(0x{status:02x})"
    assert verdict.reason == f"the SMSC answered {statuses.NAMES[status]}"


def test_a_carrier_may_say_that_the_member_has_opted_out() -> None:
    verdict = statuses.verdict(0x421, "", frozenset({0x421}))
    assert verdict == Refused("0x00000421", "the SMSC answered status 0x00000421", permanent=True, opted_out=True)


def test_every_code_is_of_one_class() -> None:
    assert not statuses.THROTTLES & statuses.TEMPORARY
    assert set(statuses.NAMES) >= statuses.THROTTLES | statuses.TEMPORARY | statuses.CREDENTIALS
    assert len(set(statuses.NAMES.values())) == len(statuses.NAMES)
