"""The login form: the token once, then a session cookie. Plain HTML, no script. Runs on the web server's event loop.

The cookie is HttpOnly and SameSite=Strict; its name holds the port, because cookies do not tell ports apart and several
roots may share a machine.
"""

import html
import time
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from actors.web import token
from actors.web.style import PLAIN_PAGE_HEADERS, plain_page

MAX_FORM_BYTES = 4096


def cookie_name(port: int) -> str:
    """The session cookie of the root that listens on `port`."""
    return f"rookery_{port}"


def router(secret: str, cookie: str) -> APIRouter:
    """`/login` and `/logout`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    async def form(next: str = "/") -> HTMLResponse:
        return _form(next)

    @routes.post("/login", response_model=None)
    async def enter(request: Request) -> HTMLResponse | RedirectResponse:
        fields = parse_qs((await request.body())[:MAX_FORM_BYTES].decode("utf-8", "replace"))
        target = local_path(fields.get("next", ["/"])[0])
        if not token.matches(secret, fields.get("token", [""])[0].strip()):
            return _form(target, "That is not the token.", 401)
        response = RedirectResponse(target, 303)
        value = token.session(secret, time.time())
        secure = request.url.scheme == "https"
        response.set_cookie(
            cookie, value, max_age=token.SESSION_SECONDS, httponly=True, samesite="strict", secure=secure
        )
        return response

    @routes.get("/logout")
    async def leave() -> RedirectResponse:
        response = RedirectResponse("/login", 303)
        response.delete_cookie(cookie, httponly=True, samesite="strict")
        return response

    return routes


def local_path(target: str) -> str:
    """`target` if it is a path on this server, else "/": the form must not send anybody elsewhere."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local else "/"


def _form(target: str, complaint: str = "", status: int = 200) -> HTMLResponse:
    body = f"""
<form method="post" action="/login" class="card">
  <h1>Rookery</h1>
  <p class="error" role="alert">{html.escape(complaint)}</p>
  <label for="token">Token</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <input type="hidden" name="next" value="{html.escape(local_path(target))}">
  <button>Log in</button>
  <p class="hint">The first run prints it; it also lies in the file <code>token</code> of the root's home.</p>
</form>"""
    return HTMLResponse(plain_page("Log in", body), status, headers=PLAIN_PAGE_HEADERS)
