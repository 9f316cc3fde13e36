"""What waits in a producer, and who is next."""

from hypothesis import given
from hypothesis import strategies as st

from actors.broker.message import Delivery, Message, Tag
from actors.pipeline.connector.intake import Intake
from actors.pipeline.connector.messages import Checked
from actors.pipeline.rates.lanes import Lane


def checked(number: int, trial: str = "", epoch: int = 1) -> Checked:
    return Checked(Delivery(Tag(epoch, number), Message(b""), "work", False, 0), trial=trial)


def numbers(found: list[Checked]) -> list[int]:
    return [one.delivery.tag.number for one in found]


def test_as_many_leave_as_were_asked_for_in_their_order() -> None:
    intake = Intake(wanted=2)
    intake.add([checked(1), checked(2), checked(3)])
    assert numbers(intake.next()) == [1, 2]
    assert intake.next() == []
    intake.wanted += 5
    assert numbers(intake.next()) == [3]
    assert intake.wanted == 4


def test_while_a_suspect_waits_or_is_handled_nobody_else_leaves() -> None:
    intake = Intake(wanted=3)
    intake.add([checked(1), checked(2, "suspect"), checked(3)])
    assert intake.next() == []
    assert intake.next_suspect() == checked(2, "suspect")
    assert intake.next() == []
    assert intake.next_suspect() is None
    intake.alone = None
    assert numbers(intake.next()) == [1, 3]


def test_a_suspect_too_leaves_only_when_asked_for() -> None:
    intake = Intake()
    intake.add([checked(1, "suspect")])
    assert intake.next_suspect() is None


def test_what_another_session_delivered_is_forgotten() -> None:
    intake = Intake(wanted=9)
    intake.add([checked(1), checked(2, "suspect"), checked(3, epoch=2)])
    assert numbers(intake.drop_others("", 2)) == [1, 2]
    assert numbers(intake.next()) == [3]


@given(st.lists(st.one_of(st.integers(0, 3), st.sampled_from(["add", "suspect", "done"])), max_size=40))
def test_never_more_than_asked_for_and_a_suspect_always_alone(steps) -> None:
    intake, added, asked, left = Intake(), 0, 0, []
    for step in steps:
        match step:
            case "add" | "suspect":
                added += 1
                intake.add([checked(added, "x" if step == "suspect" else "")])
            case "done":
                intake.alone = None
            case int():
                intake.wanted += step
                asked += step
        leaving = intake.next()
        assert not (leaving and intake.alone)
        suspect = intake.next_suspect()
        left += [*leaving, *([suspect] if suspect else [])]
        assert len(left) + intake.wanted == asked
    assert len(left) + len(intake.clear()) == added


LANES = (Lane("urgent"), Lane("bulk", rank=1, share=20))


def in_lane(lane: str, number: int, epoch: int = 1) -> Checked:
    return Checked(Delivery(Tag(epoch, number), Message(b""), lane, False, 0), consumer=lane)


def test_lanes_are_merged_when_somebody_asks() -> None:
    intake = Intake(LANES)
    intake.add([in_lane("bulk", number) for number in range(10)])
    intake.wanted += 1
    assert numbers(intake.next()) == [0]
    intake.add([in_lane("urgent", number) for number in range(100, 110)])
    intake.wanted += 6
    leaving = numbers(intake.next())
    assert sorted(leaving) == [1, 100, 101, 102, 103, 104]


def test_a_session_that_is_over_concerns_its_own_lane_only() -> None:
    intake = Intake(LANES)
    intake.add([in_lane("bulk", 1), in_lane("urgent", 2), in_lane("bulk", 3, epoch=2)])
    assert numbers(intake.drop_others("bulk", 2)) == [1]
    intake.wanted += 5
    assert sorted(numbers(intake.next())) == [2, 3]


@given(st.lists(st.tuples(st.sampled_from(["urgent", "bulk", "ask"]), st.integers(1, 5)), max_size=40))
def test_every_lane_keeps_its_order_and_no_one_is_lost(steps: list[tuple[str, int]]) -> None:
    intake, added = Intake(LANES), 0
    left: list[Checked] = []
    for step, count in steps:
        if step == "ask":
            intake.wanted += count
        else:
            intake.add([in_lane(step, number) for number in range(added, added + count)])
            added += count
        left += intake.next()
        assert not intake.wanted or not any(intake.ready.values())
    for lane in ("urgent", "bulk"):
        own = numbers([one for one in left if one.consumer == lane])
        assert own == sorted(own)
    assert sorted(numbers([*left, *intake.clear()])) == list(range(added))
