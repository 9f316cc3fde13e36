from typing import Any

import pytest
from pydantic import ValidationError

from actors.carrier.port import Accepted, InDoubt, ReceiptState, Refused, Throttled, Unsent, Verdict
from actors.carrier.simulated.behaviour import Behaviour, Treatment, receipts_of, verdict_of
from actors.carrier.simulated.rule import Rule
from tests.actors.carrier.pieces import piece


def rule(**fields: Any) -> Rule:
    return Rule.model_validate(fields)


def test_without_rules_everything_is_accepted_and_delivered_once() -> None:
    treatment = Behaviour().decide(piece())
    assert verdict_of(treatment.rule, "id") == Accepted("id")
    ((due, receipt),) = receipts_of(treatment, "a", "id", 5.0)
    assert (due, receipt.state, receipt.carrier_id) == (5.0, ReceiptState.DELIVERED, "id")


def test_the_first_rule_that_matches_decides() -> None:
    behaviour = Behaviour([rule(to="+44*", answer="refuse"), rule(sender="+1555*", answer="none"), rule()])
    assert behaviour.decide(piece(to="+447700900123")).rule.answer == "refuse"
    assert behaviour.decide(piece()).rule.answer == "none"
    assert behaviour.decide(piece(sender="+442071838750")).rule.answer == "accept"
    assert [used for _, used in behaviour.rows()] == [1, 1, 1]


def test_only_what_is_above_the_threshold_is_throttled() -> None:
    now = [0.0]
    behaviour = Behaviour([rule(above=2, seconds=1.0, answer="throttle")], now=lambda: now[0])
    answers = []
    for at in (0.0, 0.1, 0.2, 1.0, 1.05, 1.1):
        now[0] = at
        answers.append(behaviour.decide(piece()).rule.answer)
    assert answers == ["accept", "accept", "throttle", "accept", "throttle", "accept"]


def test_dice_with_a_seed_fall_the_same_way() -> None:
    def answers() -> list[str]:
        behaviour = Behaviour([rule(probability=0.3, answer="none", answer_seconds=[0.0, 9.0])], seed=7)
        return [behaviour.decide(piece()).rule.answer for _ in range(100)]

    assert answers() == answers()
    assert 10 < answers().count("none") < 60


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"answer": "throttle", "retry_after_seconds": 3}, Throttled("30001", 3.0)),
        ({"answer": "refuse", "code": "21211"}, Refused("21211", "the simulated carrier refuses it")),
        ({"answer": "refuse", "permanent": False}, Refused("30007", "the simulated carrier refuses it", False)),
        ({"answer": "opted-out"}, Refused("21610", "the member opted out at the carrier", opted_out=True)),
        ({"answer": "none"}, InDoubt("the simulated carrier did not answer")),
        ({"answer": "unsent"}, Unsent("the simulated carrier was not reached")),
    ],
)
def test_answers_become_verdicts(fields: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_of(rule(**fields), "id") == verdict


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"receipts": "never"}, []),
        ({"receipts": "twice"}, [(7.0, "delivered"), (7.0, "delivered")]),
        ({"receipts": "early", "answer_seconds": [1, 1]}, [(5.0, "delivered")]),
        ({"receipts": "staged"}, [(6.0, "sent"), (7.0, "delivered")]),
        ({"receipts": "reordered", "state": "undelivered"}, [(7.0, "undelivered"), (7.0, "sent")]),
    ],
)
def test_receipts_come_as_the_rule_says(fields: dict[str, Any], expected: list[tuple[float, str]]) -> None:
    found = receipts_of(Treatment(rule(**fields), 1.0, 1.0), "a", "id", 5.0)
    assert [(due, receipt.state.value) for due, receipt in found] == expected


def test_a_receipt_may_write_the_id_in_the_other_case() -> None:
    ((_, receipt),) = receipts_of(Treatment(rule(ids="other-case")), "a", "0aBc", 5.0)
    assert receipt.carrier_id == "0AbC"


@pytest.mark.parametrize("fields", [{"receipts": "early"}, {"answer_seconds": [2, 1]}, {"answer": "shrug"}])
def test_a_rule_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**fields)
