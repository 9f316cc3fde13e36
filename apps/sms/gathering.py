"""One publish for all requests that wait for one: what comes in while a list is under way goes with the next.

Everything here runs in the web server's event loop, but for the publishing itself, which waits in a short-lived thread.
A few lists may be under way at once, so that one slow confirmation does not hold up everybody.
"""

import asyncio
from collections.abc import Callable, Sequence

from actors.broker import Message, Unroutable
from actors.web.errors import Busy
from actors.web.work import Work

#: Lists under way at the same time, messages in one, and messages that may wait for their turn.
LISTS, BATCH, MOST = 2, 500, 20_000
#: How long the first message waits for company.
GATHER_SECONDS = 0.002

Waiter = tuple[Message, "asyncio.Future[None]"]


class Gathering:
    """Turns many single messages into few publishes."""

    def __init__(self, publish: Callable[[Sequence[Message]], object], work: Work) -> None:
        """`publish` makes a list durable or raises; it runs in threads of `work`, `LISTS` at a time."""
        self._publish = publish
        self._work = work
        self._waiting: list[Waiter] = []
        self._running = 0
        #: The loop itself holds its tasks only weakly.
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, message: Message) -> None:
        """Returns when the message is durable. Raises what `publish` does, Busy, WorkTimeout."""
        if len(self._waiting) >= MOST:
            raise Busy(f"{MOST} texts wait to be stored already")
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append((message, stored))
        if self._running < LISTS and (len(self._waiting) == 1 or len(self._waiting) >= BATCH):
            self._running += 1
            task = loop.create_task(self._empty())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await stored

    async def _empty(self) -> None:
        try:
            await asyncio.sleep(GATHER_SECONDS)
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                await self._store(batch)
        finally:
            # At once, not when the task is seen to be done: whoever adds in between would wait for nobody.
            self._running -= 1

    async def _store(self, batch: Sequence[Waiter]) -> None:
        messages = [message for message, _ in batch]
        try:
            await self._work.run(lambda: self._publish(messages), name="texts")
        except Unroutable as error:
            self._settle(batch, error, set(map(id, error.messages)))
        except Exception as error:
            self._settle(batch, error)
        else:
            self._settle(batch, None)

    def _settle(self, batch: Sequence[Waiter], error: Exception | None, lost: set[int] | None = None) -> None:
        """`lost`: only these messages failed."""
        for message, stored in batch:
            if stored.done():  # its client went away meanwhile
                continue
            if error is None or (lost is not None and id(message) not in lost):
                stored.set_result(None)
            else:
                stored.set_exception(error)
