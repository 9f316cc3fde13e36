from hypothesis import given
from hypothesis import strategies as st

from apps.email.config import MailClass
from apps.email.states import FINAL, MOVES, Plan, State, may_become, plan

states = st.one_of(st.none(), st.sampled_from(State))
classes: st.SearchStrategy[MailClass] = st.sampled_from(["transactional", "bulk"])


@given(states, st.lists(st.sampled_from(State), max_size=12))
def test_a_final_state_is_never_left(state: State | None, wanted: list[State]) -> None:
    final = None
    for new in wanted:
        if may_become(state, new):
            assert final is None
            state = new
            final = state if state in FINAL else None


@given(states)
def test_a_mail_gets_into_doubt_only_from_a_claim(state: State | None) -> None:
    assert may_become(state, State.IN_DOUBT) == (state is State.CLAIMED)


@given(states)
def test_nothing_is_handed_that_was_not_claimed(state: State | None) -> None:
    assert may_become(state, State.HANDED) == (state in {State.CLAIMED, State.IN_DOUBT})


def test_every_state_has_its_moves_and_every_one_but_the_final_ones_can_end() -> None:
    assert set(MOVES) == {None, *State}
    for state, moves in MOVES.items():
        assert bool(moves & FINAL) == (state not in FINAL)


@given(states, classes)
def test_whatever_is_sent_may_be_claimed(state: State | None, mail_class: MailClass) -> None:
    for claimed_by in ("me", "somebody"):
        for redelivered in (False, True):
            if plan(state, claimed_by, mail_class, "me", redelivered=redelivered) is Plan.SEND:
                assert may_become(state, State.CLAIMED)


@given(states, st.booleans())
def test_a_bulk_mail_is_sent_at_most_once(state: State | None, redelivered: bool) -> None:
    """Once it was claimed only a sure answer, or surely no hand-over, lets it be claimed again."""
    sends = plan(state, "somebody", "bulk", "me", redelivered=redelivered) is Plan.SEND
    assert sends == (state in {None, State.DEFERRED})


@given(states, classes, st.booleans())
def test_what_is_settled_is_skipped_whoever_asks(state: State | None, mail_class: MailClass, redelivered: bool) -> None:
    assert (plan(state, "somebody", mail_class, "me", redelivered=redelivered) is Plan.SKIP) == (state in FINAL)


@given(classes, st.booleans())
def test_ones_own_claim_is_on_its_way(mail_class: MailClass, redelivered: bool) -> None:
    assert plan(State.CLAIMED, "me", mail_class, "me", redelivered=redelivered) is Plan.WAIT


@given(classes)
def test_a_claim_of_somebody_else_is_abandoned_only_if_this_delivery_came_back(mail_class: MailClass) -> None:
    assert plan(State.CLAIMED, "somebody", mail_class, "me", redelivered=True) is Plan.DOUBT
    assert plan(State.CLAIMED, "somebody", mail_class, "me", redelivered=False) is Plan.WAIT


@given(st.booleans())
def test_a_mail_in_doubt_is_sent_again_if_it_is_transactional(redelivered: bool) -> None:
    assert plan(State.IN_DOUBT, "somebody", "bulk", "me", redelivered=redelivered) is Plan.LEAVE
    assert plan(State.IN_DOUBT, "somebody", "transactional", "me", redelivered=redelivered) is Plan.SEND
