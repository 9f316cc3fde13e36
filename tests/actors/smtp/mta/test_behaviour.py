import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from actors.smtp.mta.behaviour import Action, Behaviour
from actors.smtp.mta.rule import Rule


def test_the_first_rule_that_matches_decides() -> None:
    full = Rule(recipient="full@*", reply="452 4.2.2 full")
    slow = Rule(recipient="*@slow.example", reply="451 4.7.1 slow down")
    behaviour = Behaviour([full, slow])
    assert behaviour.decide("rcpt", ["full@slow.example"]) == Action(reply="452 4.2.2 full")
    assert behaviour.decide("rcpt", ["Ada@SLOW.example"]) == Action(reply="451 4.7.1 slow down")
    assert behaviour.decide("rcpt", ["ada@example.org"]) is None


def test_a_rule_holds_at_its_moment_only() -> None:
    late = Rule(at="data", drop="after")
    behaviour = Behaviour([late])
    assert behaviour.decide("rcpt", ["a@example.org"]) is None
    assert behaviour.decide("data", ["a@example.org", "b@example.org"]) == Action(drop="after")


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


def test_a_script_goes_on_with_each_attempt_of_each_recipient() -> None:
    script = ("451 4.7.1 later", "250 2.0.0 now", "550 5.1.1 gone")
    behaviour = Behaviour([Rule(recipient="*@s.example", replies=script), Rule(at="rcpt", delay_seconds=1)])

    def said(name: str) -> str | None:
        action = behaviour.decide("rcpt", [f"{name}@s.example"])
        assert action is not None
        return action.reply

    assert [said("ada") for _ in range(5)] == ["451 4.7.1 later", None, "550 5.1.1 gone", None, None]
    assert said("eve") == "451 4.7.1 later"


@given(st.integers(0, 5), st.lists(st.floats(0, 1.5), max_size=60))
def test_in_every_window_a_throttle_lets_through_no_more_than_it_says(above: int, pauses: list[float]) -> None:
    clock = [100.0]
    behaviour = Behaviour([Rule(above=above, seconds=2.0, reply="421 4.7.0 too fast")], now=lambda: clock[0])
    passed = []
    for pause in pauses:
        clock[0] += pause
        if behaviour.decide("rcpt", ["a@example.org"]) is None:
            passed.append(clock[0])
    for start in passed:
        assert sum(start <= at < start + 2.0 for at in passed) <= above
    assert len(passed) >= min(above, len(pauses))


def test_rules_change_while_it_works() -> None:
    behaviour = Behaviour([Rule(reply="451 configured")])
    behaviour.add(Rule(reply="452 first"))
    behaviour.add(Rule(reply="450 last"), first=False)
    action = behaviour.decide("rcpt", ["a@example.org"])
    assert action is not None and action.reply == "452 first"
    assert [used for _, used in behaviour.rows()] == [1, 0, 0]
    assert behaviour.remove(4) is None and behaviour.remove(0) is None
    gone = behaviour.remove(1)
    assert gone is not None and gone.reply == "452 first"
    assert [rule.reply for rule, _ in behaviour.rows()] == ["451 configured", "450 last"]
    behaviour.replace([])
    assert behaviour.decide("rcpt", ["a@example.org"]) is None
    behaviour.replace()
    assert [rule.reply for rule, _ in behaviour.rows()] == ["451 configured"]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"replies": ["451 ok", "hello"]},
        {"reply": "451 ok", "garbage": "x"},
        {"replies": ["451 ok"], "drop": "before"},
        {"above": 5},
        {"above": -1, "reply": "451 ok"},
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
