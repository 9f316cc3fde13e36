"""Who is on the roll, who is missing, who has left."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from apps.cluster.identity import id_of, identity
from apps.cluster.signs import BEAT, GOODBYE, HELLO, Roll
from apps.contracts import roots_pb2 as messages


def sign(id: str, kind=BEAT, started_at: float = 1.0) -> messages.Sign:
    return messages.Sign(root=messages.Root(id=id, started_at=started_at, machine="m", home=f"/{id}"), kind=kind)


def ids(roll: Roll, now: float) -> list[str]:
    return [seen.root.id for seen in roll.present(now)]


def test_who_falls_silent_stays_until_forgotten() -> None:
    roll = Roll(forget_seconds=60.0)
    roll.hear(sign("b", HELLO), 0.0)
    roll.hear(sign("a"), 10.0)
    assert ids(roll, 59.0) == ["a", "b"]
    assert [seen.last_sign_at for seen in roll.present(59.0)] == [10.0, 0.0]
    assert ids(roll, 60.0) == ["a"]
    assert ids(roll, 80.0) == []


def test_a_goodbye_is_not_for_the_root_that_began_later() -> None:
    roll = Roll(60.0)
    roll.hear(sign("a", started_at=1.0), 0.0)
    roll.hear(sign("a", HELLO, started_at=2.0), 1.0)
    roll.hear(sign("a", GOODBYE, started_at=1.0), 2.0)
    assert ids(roll, 3.0) == ["a"]
    roll.hear(sign("a", GOODBYE, started_at=2.0), 3.0)
    assert ids(roll, 3.0) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([BEAT, HELLO, GOODBYE]))))
def test_the_last_sign_of_each_root_decides(signs) -> None:
    roll, last = Roll(1e9), {}
    for now, (id, kind) in enumerate(signs):
        roll.hear(sign(id, kind), float(now))
        last[id] = kind
    assert ids(roll, 1e6) == sorted(id for id, kind in last.items() if kind != GOODBYE)


def test_a_home_has_one_id_on_each_machine(tmp_path: Path) -> None:
    assert id_of("host-a.example.org", tmp_path) == id_of("host-a.example.org", tmp_path / "." / "x" / "..")
    assert len({id_of("host-a", tmp_path), id_of("host-b", tmp_path), id_of("host-a", tmp_path / "x")}) == 3
    root = identity(tmp_path)
    assert root.id.startswith(root.machine[:1].lower()) and root.started_at > 0 and root.version
