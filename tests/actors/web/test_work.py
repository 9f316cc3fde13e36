import asyncio
import threading

import pytest

from actors.web.errors import Busy, WorkTimeout
from actors.web.work import Work


def test_what_it_returns_and_what_it_raises() -> None:
    async def scenario() -> None:
        work = Work(2, 5.0)
        assert await work.run(lambda: 42) == 42
        assert await work.run(lambda: threading.current_thread().daemon)
        with pytest.raises(KeyError):
            await work.run(lambda: _raise(KeyError("x")))
        with pytest.raises(TimeoutError, match="its own"):
            await work.run(lambda: _raise(TimeoutError("its own")))
        with pytest.raises(RuntimeError, match="SystemExit"):
            await work.run(lambda: _raise(SystemExit(3)))
        assert work.join(5.0) == []

    asyncio.run(scenario())


def test_a_bounded_number_at_a_time_and_the_next_is_refused_at_once() -> None:
    async def scenario() -> None:
        work, release = Work(1, 5.0), threading.Event()
        first = asyncio.create_task(work.run(lambda: release.wait(5.0), name="first"))
        await asyncio.sleep(0)
        with pytest.raises(Busy, match="second"):
            await work.run(lambda: None, name="second")
        release.set()
        assert await first
        assert await work.run(lambda: "again") == "again"
        assert work.join(5.0) == []

    asyncio.run(scenario())


def test_a_call_that_is_too_slow_is_told_of_but_goes_on() -> None:
    async def scenario() -> None:
        work, release = Work(1, 0.01), threading.Event()
        with pytest.raises(WorkTimeout, match="may still take effect"):
            await work.run(lambda: release.wait(5.0), name="slow")
        assert work.overdue == 1
        assert work.join(0.0) == ["web:slow"]
        release.set()
        assert work.join(5.0) == []

    asyncio.run(scenario())


def test_a_call_may_end_after_the_loop_is_gone() -> None:
    work, release = Work(1, 0.01), threading.Event()

    async def scenario() -> None:
        with pytest.raises(WorkTimeout):
            await work.run(lambda: release.wait(5.0), name="late")

    asyncio.run(scenario())
    release.set()
    assert work.join(5.0) == []


def _raise(error: BaseException) -> None:
    raise error
