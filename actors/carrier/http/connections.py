"""The connections to an HTTP carrier: kept open, several requests under way, in one event loop on a thread of its own.

`start` and `stop` are for the actor's thread, `send` and `interrupt` for any; what is `async` runs in the loop's own.
Pieces for the same two numbers go one after the other, so that they arrive in order; all others at the same time.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress

import httpx

from actors.carrier.errors import LinkBroken
from actors.carrier.http.config import HttpCarrier
from actors.carrier.http.dialect import Dialect, Request, Response
from actors.carrier.port import InDoubt, Outcome, Piece, Receipt, Unsent, Verdict

#: It did not get as far as a request.
_BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: More is not an answer to a request.
MAX_ANSWER_BYTES = 262_144
#: Questions go one after the other, and so long apart.
QUESTION_SECONDS = 0.2
Pair = tuple[str, str]


class Connections:
    """One run. In its thread `answered` is called once for each piece, `ended` when it ends untold.

    `told` is called once for each question, with what the carrier said, if it said something.
    """

    def __init__(
        self,
        config: HttpCarrier,
        dialect: Dialect,
        answered: Callable[[Outcome], object],
        told: Callable[[Receipt | None], object],
        ended: Callable[[BaseException], object],
    ) -> None:
        self._config = config
        self._dialect = dialect
        self._answered = answered
        self._said = told
        self._ended = ended
        self._ready: Future[None] = Future()
        self._told = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._last: dict[Pair, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="carrier-http", daemon=True)

    def start(self, timeout_seconds: float) -> None:
        """Raises LinkBroken."""
        self._thread.start()
        try:
            self._ready.result(timeout_seconds)
        except Exception as error:
            raise LinkBroken(f"the thread of the HTTP carrier did not start: {error!r}") from error

    def send(self, pieces: Iterable[Piece]) -> None:
        """Begin to hand these over. Does not wait."""
        assert self._loop is not None, "not started"
        self._loop.call_soon_threadsafe(self._begin, tuple(pieces))

    def ask(self, carrier_ids: Sequence[str]) -> None:
        """Begin to ask for these. Does not wait."""
        assert self._loop is not None, "not started"
        self._loop.call_soon_threadsafe(self._begin_asking, tuple(carrier_ids))

    def stop(self, timeout_seconds: float) -> bool:
        """Give up all requests and end the thread; True when it has ended within the time."""
        self.interrupt()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Tell the loop to end, without waiting for it."""
        self._told.set()
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stop.set)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            elif not self._told.is_set():
                self._ended(error)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._client() as client:
            self._http = client
            self._ready.set_result(None)
            while not self._told.is_set():
                await self._stop.wait()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _client(self) -> httpx.AsyncClient:
        config = self._config
        limits = httpx.Limits(max_connections=config.window, max_keepalive_connections=config.window)
        # A request waits for a connection as long as for an answer: one of those under way has ended by then.
        timeout = httpx.Timeout(config.answer_timeout_seconds, connect=config.connect_timeout_seconds)
        return httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False, follow_redirects=False)

    def _begin(self, pieces: tuple[Piece, ...]) -> None:
        for piece in pieces:
            pair = (piece.source.value, piece.destination.value)
            task = asyncio.get_running_loop().create_task(self._hand_over(piece, self._last.get(pair)))
            self._tasks.add(task)
            self._last[pair] = task
            task.add_done_callback(lambda done, pair=pair: self._forget(done, pair))  # type: ignore[misc]

    def _forget(self, task: "asyncio.Task[None]", pair: Pair) -> None:
        self._tasks.discard(task)
        if self._last.get(pair) is task:
            del self._last[pair]

    async def _hand_over(self, piece: Piece, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
        self._answered(Outcome(piece.key, piece.number, await self._verdict(piece)))

    async def _verdict(self, piece: Piece) -> Verdict:
        try:
            response = await self._exchange(self._dialect.request(piece))
        except _BEFORE as error:
            return Unsent(f"no connection to the carrier: {type(error).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return InDoubt(f"no answer from the carrier: {type(error).__name__}")
        return self._dialect.verdict(response)

    async def _exchange(self, request: Request) -> Response:
        """Raises httpx.HTTPError, httpx.InvalidURL."""
        headers, content = dict(request.headers), request.content
        async with self._http.stream(request.method, request.url, headers=headers, content=content) as response:
            return Response(response.status_code, _lowered(response), await _read(response))

    # --- questions ----------------------------------------------------------------------------------------------------

    def _begin_asking(self, carrier_ids: tuple[str, ...]) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(carrier_ids))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, carrier_ids: tuple[str, ...]) -> None:
        for carrier_id in carrier_ids:
            self._said(await self._tell(carrier_id))
            await asyncio.sleep(QUESTION_SECONDS)

    async def _tell(self, carrier_id: str) -> Receipt | None:
        request = self._dialect.question(carrier_id)
        if request is None:
            return None
        try:
            return self._dialect.told(carrier_id, await self._exchange(request))
        except (httpx.HTTPError, httpx.InvalidURL):
            return None


async def _read(response: httpx.Response) -> bytes:
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            break
    return content


def _lowered(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
