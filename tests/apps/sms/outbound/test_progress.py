"""What is known of pieces never goes back, whatever comes in which order and how often."""

from hypothesis import given
from hypothesis import strategies as st

from actors.carrier.port import ReceiptState
from apps.sms.outbound.progress import FINAL, RANKS, advance, furthest, rank, said, whole
from apps.sms.states import TextState

RECEIPTS = st.sampled_from(list(ReceiptState))
PIECES = st.sampled_from(RANKS)


@st.composite
def shuffles(draw: st.DrawFn) -> tuple[list[ReceiptState], list[ReceiptState]]:
    """The same receipts twice: in two orders, each with duplicates of its own."""
    receipts = draw(st.lists(RECEIPTS, min_size=1, max_size=6))
    again = draw(st.lists(st.sampled_from(receipts), max_size=4))
    return draw(st.permutations(receipts)), draw(st.permutations([*receipts, *again]))


@given(shuffles(), PIECES)
def test_any_order_and_any_duplicates_end_in_the_same_state(
    both: tuple[list[ReceiptState], list[ReceiptState]], start: TextState
) -> None:
    ends = []
    for receipts in both:
        state = start
        for receipt in receipts:
            after = advance(state, receipt)
            assert rank(after) >= rank(state)
            state = after
        ends.append(state)
    assert ends[0] is ends[1]


@given(st.lists(st.tuples(st.integers(0, 2), RECEIPTS), max_size=12))
def test_a_text_never_goes_back_either(receipts: list[tuple[int, ReceiptState]]) -> None:
    pieces = [TextState.HANDED] * 3
    for number, receipt in receipts:
        before = whole(pieces)
        pieces[number] = advance(pieces[number], receipt)
        assert rank(whole(pieces)) >= rank(before)


def test_delivered_wins_over_a_late_sent_and_over_everything_else() -> None:
    assert advance(TextState.DELIVERED, ReceiptState.SENT) is TextState.DELIVERED
    assert advance(TextState.EXPIRED, ReceiptState.DELIVERED) is TextState.DELIVERED
    assert furthest(*RANKS) is TextState.DELIVERED


def test_a_doubt_is_resolved_by_any_receipt() -> None:
    assert all(rank(advance(TextState.IN_DOUBT, one)) > rank(TextState.IN_DOUBT) for one in ReceiptState)


def test_a_text_is_delivered_when_all_its_pieces_are() -> None:
    assert whole([TextState.DELIVERED, TextState.DELIVERED]) is TextState.DELIVERED
    assert whole([TextState.DELIVERED, TextState.HANDED]) is TextState.HANDED
    assert whole([TextState.DELIVERED, TextState.UNDELIVERED]) is TextState.UNDELIVERED
    assert whole([TextState.HANDED, TextState.IN_DOUBT]) is TextState.IN_DOUBT


def test_what_says_nothing_new_is_not_final() -> None:
    assert {said(one) for one in (ReceiptState.SENT, ReceiptState.UNKNOWN)} == {TextState.HANDED}
    assert TextState.HANDED not in FINAL and TextState.EXPIRED in FINAL
