"""No request body is larger than allowed: refused by its declared length, or while it arrives if it declared none.

Runs on the web server's event loop. The framework's own limit ends a request with an exception that our outer layers
would take for a crash; this one raises what they know: 413 as an HTTPException.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.web.problem import problem


class BodyLimit:
    """The layer around the routes."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif declared_length(Headers(scope=scope)) > self.max_bytes:
            await problem(413, self._detail(), headers={"Connection": "close"})(scope, receive, send)
        else:
            await self.app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.max_bytes:
                raise HTTPException(413, self._detail())
            return message

        return counted

    def _detail(self) -> str:
        return f"the body is larger than {self.max_bytes} bytes (console.max_body_bytes)"


def declared_length(headers: Headers) -> int:
    """Content-Length, 0 when there is none (or none that is a number: the server refuses that itself)."""
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0
