import threading

import pytest

from apps.email import precedence
from apps.email.precedence import Precedence, precedence_of
from supervision import System


def test_bulk_waits_for_a_moment_at_most_while_something_transactional_is_under_way() -> None:
    one = Precedence()
    assert one.give_way()
    with one.step():
        with one.step():
            assert not one.give_way()
        assert not one.give_way()
    assert one.give_way()


def test_it_goes_on_as_soon_as_the_way_is_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "MOMENT_SECONDS", 30.0)
    one, under_way, over = Precedence(), threading.Event(), threading.Event()

    def work() -> None:
        with one.step():
            under_way.set()
            over.wait(10.0)

    thread = threading.Thread(target=work)
    thread.start()
    assert under_way.wait(10.0)
    over.set()
    assert one.give_way()
    thread.join(10.0)


def test_each_kind_takes_its_turn() -> None:
    one = Precedence()
    with one.turn(bulk=False):
        assert not one.give_way()
        with one.turn(bulk=True):
            pass
    with one.turn(bulk=True):
        assert one.give_way()


def test_a_step_that_fails_is_over() -> None:
    one = Precedence()
    with pytest.raises(ValueError), one.step():
        raise ValueError
    assert one.give_way()


def test_there_is_one_per_process() -> None:
    system, other = System(), System()
    assert precedence_of(system) is precedence_of(system) is not precedence_of(other)
    system.close()
    other.close()
