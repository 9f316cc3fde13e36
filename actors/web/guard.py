"""Who may ask what: checked before any route sees a request.

1. The Host header must name this server. A page on the internet whose name was made to point at 127.0.0.1 (DNS
   rebinding) sends its own name; an IP address cannot be rebound, so literals always pass.
2. A page of another origin may not change anything, nor open a websocket.
3. Probes, the login form and what apps serve below `/public/` are for everybody. Everything else is for operators
   (token or session cookie) and for programs on this machine; `Locked` and `operator` narrow the console and the API
   down to operators.

Runs on the web server's event loop. Not guaranteed: other users of the same machine count as "this machine"; behind a
reverse proxy that adds no forwarding header every request does.
"""

import ipaddress
import time
from http.cookies import CookieError, SimpleCookie
from typing import Annotated
from urllib.parse import SplitResult, quote, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actors.web import token
from actors.web.config import is_loopback
from actors.web.errors import CrossSite, Unauthorized, WebError, WrongHost
from actors.web.problem import of_error

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login"})
OPEN_PREFIX = "/public/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")
RESPONSE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # "no-referrer" would make browsers send our own forms with Origin: null
)


class Guard:
    """The layer around the whole application; leaves its finding in `request.state.operator`."""

    def __init__(self, app: ASGIApp, names: frozenset[str], secret: str, cookie: str) -> None:
        self.app = app
        self.names = names
        self.secret = secret
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            self._check(scope, Headers(scope=scope))
        except WebError as error:
            await refuse(error, scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _check(self, scope: Scope, headers: Headers) -> None:
        """Raises WrongHost, CrossSite, Unauthorized."""
        host = headers.get("host", "")
        check_host(host, self.names)
        if scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS:
            check_origin(headers.get("origin"), host)
        is_operator = self._is_operator(headers)
        scope.setdefault("state", {})["operator"] = is_operator
        if not (is_operator or is_open(scope["path"]) or is_local(scope, headers)):
            raise Unauthorized("requests from other machines need the token: Authorization: Bearer TOKEN")

    def _is_operator(self, headers: Headers) -> bool:
        if token.bearer_matches(self.secret, headers.get("authorization", "")):
            return True
        value = read_cookie(headers.get("cookie", ""), self.cookie)
        return token.session_matches(self.secret, value, time.time())


def is_open(path: str) -> bool:
    """Whether everybody may ask for it, from any machine."""
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


def check_host(host: str, names: frozenset[str]) -> None:
    """Raises WrongHost unless the Host header holds one of `names` or an IP address."""
    name = "" if "@" in host else (_split(f"//{host}").hostname or "")
    if name not in names and not _is_address(name):
        raise WrongHost(f"this server does not answer to {host!r}; if it should, add it to console.allowed_hosts")


def check_origin(origin: str | None, host: str) -> None:
    """Raises CrossSite when a browser says that the request comes from a page of another origin."""
    if origin is not None and _split(origin).netloc.lower() != host.lower():
        raise CrossSite(f"a page of {origin} may not do this")


def _split(url: str) -> SplitResult:
    """The parts of a URL; none of what is not a URL."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def is_local(scope: Scope, headers: Headers) -> bool:
    """Whether the sender sits on this machine and speaks for nobody else."""
    peer = scope.get("client")
    forwarded = any(name in headers for name in FORWARDING_HEADERS)
    return peer is not None and is_loopback(peer[0]) and not forwarded


def read_cookie(header: str, name: str) -> str:
    """The value of one cookie, empty when there is none or the header is not readable."""
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            added = [header for header in RESPONSE_HEADERS if header[0] not in present]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return send_with_headers


async def refuse(error: WebError, scope: Scope, receive: Receive, send: Send) -> None:
    """A problem document; a websocket is closed before it was accepted, which its client sees as 403."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": error.title})
    else:
        await of_error(error)(scope, receive, send)


class Locked:
    """Lets operators through to an ASGI application; sends browsers to the login form and refuses programs."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["state"]["operator"]:
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):
            await RedirectResponse(f"/login?next={quote(scope['path'])}", 303)(scope, receive, send)
        else:
            await refuse(Unauthorized("log in at /login, or send Authorization: Bearer TOKEN"), scope, receive, send)


def operator(request: Request) -> None:
    """FastAPI dependency: raises Unauthorized unless the request proved the token."""
    if not request.state.operator:
        raise Unauthorized("send Authorization: Bearer TOKEN; the token is in the file `token` of the root's home")


OPERATOR = Depends(operator)
OperatorOnly = Annotated[None, OPERATOR]
