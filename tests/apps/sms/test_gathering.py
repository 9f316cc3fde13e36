import asyncio
import threading
from collections.abc import Sequence

import pytest

from actors.broker import Message, Unavailable, Unroutable
from actors.web.errors import Busy
from actors.web.work import Work
from apps.sms import gathering
from apps.sms.gathering import LISTS, Gathering

PATIENCE_SECONDS = 10.0


def message(number: int) -> Message:
    return Message(str(number).encode())


def gathered(publish: object, count: int) -> list[object]:
    """What became of so many messages, added at the same time."""

    async def all_of_them() -> list[object]:
        one = Gathering(publish, work)  # type: ignore[arg-type]
        return await asyncio.gather(*(one.add(message(n)) for n in range(count)), return_exceptions=True)

    work = Work(LISTS, PATIENCE_SECONDS)
    results = asyncio.run(all_of_them())
    assert work.join(PATIENCE_SECONDS) == []
    return results


def test_what_comes_together_is_published_together_and_in_order() -> None:
    lists: list[list[int]] = []
    assert gathered(lambda some: lists.append([int(one.body) for one in some]), 1200) == [None] * 1200
    assert [number for some in lists for number in some] == list(range(1200))
    assert len(lists) == 3


def test_what_comes_while_a_list_is_under_way_goes_with_the_next() -> None:
    lists: list[int] = []
    begun, release = threading.Event(), threading.Event()

    def publish(some: Sequence[Message]) -> None:
        lists.append(len(some))
        if len(lists) <= LISTS:
            begun.set()
            assert release.wait(PATIENCE_SECONDS)

    async def waves() -> None:
        one = Gathering(publish, work)
        tasks = []
        for _ in range(LISTS):
            begun.clear()
            tasks.append(asyncio.create_task(one.add(message(0))))
            await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
        tasks += [asyncio.create_task(one.add(message(n))) for n in range(50)]
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(*tasks)

    work = Work(LISTS, PATIENCE_SECONDS)
    asyncio.run(waves())
    assert work.join(PATIENCE_SECONDS) == []
    assert lists == [1] * LISTS + [50]


def test_a_failure_is_told_to_all_who_shared_the_list() -> None:
    def publish(some: Sequence[Message]) -> None:
        raise Unavailable("the broker", "here")

    assert [type(result) for result in gathered(publish, 3)] == [Unavailable] * 3


def test_a_message_without_a_queue_fails_alone() -> None:
    def publish(some: Sequence[Message]) -> None:
        raise Unroutable([one for one in some if one.body == b"1"])

    assert [type(result) for result in gathered(publish, 3)] == [type(None), Unroutable, type(None)]


def test_more_than_can_wait_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST", 2)
    assert [type(result) for result in gathered(lambda some: None, 3)] == [type(None), type(None), Busy]


@pytest.mark.parametrize("lists", [1, 2])
def test_nobody_waits_for_a_list_that_has_just_ended(monkeypatch: pytest.MonkeyPatch, lists: int) -> None:
    monkeypatch.setattr(gathering, "LISTS", lists)
    monkeypatch.setattr(gathering, "GATHER_SECONDS", 0.0)

    async def one_after_the_other() -> None:
        one = Gathering(lambda some: None, work)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(chain(one) for _ in range(8)))

    async def chain(one: Gathering) -> None:
        for number in range(50):
            await one.add(message(number))

    work = Work(lists, PATIENCE_SECONDS)
    asyncio.run(one_after_the_other())
    assert work.join(PATIENCE_SECONDS) == []
