from actors.smtp.tally import Tally
from actors.smtp.verdicts import Outcome, unknown, unsent


def test_every_outcome_is_there_and_counts_add_up() -> None:
    tally = Tally()
    assert tally.counts() == dict.fromkeys(Outcome, 0)
    tally.add([unknown("a", "x"), unsent("b", "x"), unsent("c", "x")])
    tally.add([unsent("d", "x")])
    assert tally.counts() == dict.fromkeys(Outcome, 0) | {Outcome.UNKNOWN: 1, Outcome.UNSENT: 3}
