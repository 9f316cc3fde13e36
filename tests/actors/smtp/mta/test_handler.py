import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from actors.smtp.mta.errors import StoreFailed
from actors.smtp.mta.handler import Authenticator, GroupCommit
from actors.smtp.mta.store import Incoming


class Books:
    """A store that can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = threading.Event()
        self.begun = threading.Event()
        self.failure: StoreFailed | None = None

    def add(self, mails: Sequence[Incoming]) -> None:
        self.begun.set()
        assert self.open.wait(10)
        if self.failure is not None:
            raise self.failure
        self.batches.append([mail.sender for mail in mails])


def incoming(name: str) -> Incoming:
    return Incoming(0.0, name, (), b"")


def test_nothing_is_kept_before_its_commit_and_those_who_wait_go_together() -> None:
    books = Books()

    async def scenario() -> None:
        commits = GroupCommit(books.add, executor)
        first = asyncio.create_task(commits.keep(incoming("first")))
        await asyncio.to_thread(books.begun.wait, 10)
        others = [asyncio.create_task(commits.keep(incoming(name))) for name in ("b", "c", "d")]
        await asyncio.sleep(0)
        assert not any(task.done() for task in (first, *others))
        books.open.set()
        await asyncio.wait_for(asyncio.gather(first, *others), 10)
        await commits.keep(incoming("last"))

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(scenario())
    assert books.batches == [["first"], ["b", "c", "d"], ["last"]]


def test_a_failed_commit_is_told_to_all_of_its_batch_and_the_next_is_tried() -> None:
    books = Books()
    books.open.set()

    async def scenario() -> None:
        commits = GroupCommit(books.add, executor)
        books.failure = StoreFailed("disk full")
        results = await asyncio.gather(*[commits.keep(incoming("x")) for _ in range(2)], return_exceptions=True)
        assert [str(result) for result in results] == ["disk full", "disk full"]
        books.failure = None
        await commits.keep(incoming("y"))

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(scenario())
    assert books.batches == [["y"]]


def test_a_client_that_left_does_not_hold_up_the_others() -> None:
    books = Books()

    async def scenario() -> None:
        commits = GroupCommit(books.add, executor)
        leaves = asyncio.create_task(commits.keep(incoming("leaves")))
        stays = asyncio.create_task(commits.keep(incoming("stays")))
        await asyncio.to_thread(books.begun.wait, 10)
        leaves.cancel()
        await asyncio.sleep(0)
        books.open.set()
        await asyncio.wait_for(stays, 10)

    with ThreadPoolExecutor(1) as executor:
        asyncio.run(scenario())
    assert books.batches == [["leaves", "stays"]]


@pytest.mark.parametrize(("login", "password", "known"), [("ada", "s", True), ("ada", "t", False), ("eve", "s", False)])
def test_only_the_right_name_and_password_get_in(login: str, password: str, known: bool) -> None:
    from aiosmtpd.smtp import LoginPassword

    data = LoginPassword(login.encode(), password.encode())
    result = Authenticator("ada", "s")(None, None, None, "PLAIN", data)  # type: ignore[arg-type]
    assert result.success is known
    assert not Authenticator("ada", "s")(None, None, None, "X", b"ada").success  # type: ignore[arg-type]
