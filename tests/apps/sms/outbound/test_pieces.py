"""From a text to pieces, in the way of its carrier."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.errors import WrongNumber
from actors.carrier.port import Piece
from actors.gsm import Coding, TooLong, decode, parse
from apps.sms.outbound.config import Carrier
from apps.sms.outbound.pieces import charge_of, cut
from apps.sms.outbound.texts import Text
from apps.sms.states import Lane

SPLITS = Carrier.model_validate({"name": "c", "simulated": {}})
WHOLE = Carrier.model_validate(
    {"name": "c", "smpp": {"hosts": ["smsc.example:2775"], "system_id": "x", "long_texts": "payload"}}
)


def text(body: str, **more: Any) -> Text:
    given: dict[str, Any] = {"id": 258, "key": "k", "leader": "ada", "member": "+15552000001"}
    given |= {"our_number": "+15550001000", "body": body, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return Text(**{**given, "lane": Lane.LEADER, **more})


def said(piece: Piece) -> str:
    return decode(0 if piece.coding is Coding.GSM7 else 8, piece.body) or ""


def test_a_long_text_is_cut_and_its_parts_carry_the_same_reference_each_time() -> None:
    first, again = (cut(text("a" * 400), SPLITS, 10) for _ in range(2))
    assert first == again and first.segments == 3 and first.coding is Coding.GSM7
    parts = [parse(piece.udh).concatenation for piece in first.pieces]
    assert [(part.reference, part.number, part.total) for part in parts if part] == [(2, n, 3) for n in (1, 2, 3)]
    assert [piece.units for piece in first.pieces] == [1, 1, 1]


def test_a_carrier_that_splits_itself_gets_it_in_one_piece_that_counts_for_all() -> None:
    (piece,) = cut(text("a" * 400), WHOLE, 10).pieces
    assert (piece.number, piece.total, piece.units, piece.udh) == (1, 1, 3, b"")
    assert said(piece) == "a" * 400


def test_what_a_carrier_had_is_not_sent_again() -> None:
    found = cut(text("a" * 400, had=frozenset({1, 3})), SPLITS, 10)
    assert [piece.number for piece in found.pieces] == [2] and found.segments == 3


def test_what_is_too_long_or_to_nobody_is_an_error() -> None:
    with pytest.raises(TooLong, match="max_segments"):
        cut(text("a" * 400), SPLITS, 2)
    with pytest.raises(WrongNumber):
        cut(text("a", our_number="+1"), SPLITS, 2)


def test_a_piece_is_charged_to_partner_brand_campaign_and_number_and_the_first_carries_the_message() -> None:
    one = text("a" * 400, brand="b", campaign="k")
    first, second, _ = cut(one, SPLITS, 10).pieces
    charge = charge_of(first, "c", one)
    assert charge.keys == (("carrier", "c"), ("brand", "c", "b"), ("campaign", "k"), ("number", one.our_number))
    assert (charge.segments, charge.messages) == (1, 1)
    assert charge_of(second, "c", one).messages == 0


@given(st.text(min_size=1, max_size=600), st.booleans())
def test_the_pieces_say_all_of_it(body: str, whole: bool) -> None:
    carrier = (WHOLE if whole else SPLITS).model_copy(update={"substitute": False})
    found = cut(text(body), carrier, 255)
    assert (
        "".join(map(said, found.pieces))
        == found.pieces[0].text
        == body.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    )
    assert sum(piece.units for piece in found.pieces) == found.segments
