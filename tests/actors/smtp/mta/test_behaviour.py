import pytest
from pydantic import ValidationError

from actors.smtp.mta.behaviour import Behaviour, Rule


def test_the_first_rule_that_matches_decides() -> None:
    full = Rule(recipient="full@*", reply="452 4.2.2 full")
    slow = Rule(recipient="*@slow.example", reply="451 4.7.1 slow down")
    behaviour = Behaviour([full, slow])
    assert behaviour.decide("rcpt", ["full@slow.example"]) is full
    assert behaviour.decide("rcpt", ["Ada@SLOW.example"]) is slow
    assert behaviour.decide("rcpt", ["ada@example.org"]) is None


def test_a_rule_holds_at_its_moment_only() -> None:
    late = Rule(at="data", drop="after")
    behaviour = Behaviour([late])
    assert behaviour.decide("rcpt", ["a@example.org"]) is None
    assert behaviour.decide("data", ["a@example.org", "b@example.org"]) is late


def test_the_dice_fall_as_often_as_the_rule_says_and_alike_with_the_same_seed() -> None:
    rule = Rule(probability=0.25, reply="451 later")

    def falls(seed: int) -> list[bool]:
        behaviour = Behaviour([rule], seed)
        return [behaviour.decide("rcpt", ["a@example.org"]) is not None for _ in range(2000)]

    assert falls(7) == falls(7) != falls(8)
    assert 400 < sum(falls(7)) < 600


def test_probability_nought_never_and_one_always() -> None:
    for probability, expected in ((0.0, 0), (1.0, 200)):
        behaviour = Behaviour([Rule(probability=probability, delay_seconds=1)])
        assert sum(behaviour.decide("rcpt", ["a@example.org"]) is not None for _ in range(200)) == expected


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"reply": "451 later", "drop": "before"},
        {"drop": "after"},
        {"reply": "hello"},
        {"reply": "354 go"},
        {"reply": "250 ok\r\n250 more"},
        {"reply": "451 ok", "probability": 1.5},
        {"delay_seconds": -1},
        {"reply": "451 ok", "at": "mail"},
        {"reply": "451 ok", "typo": 1},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(rule)
