"""Errors over HTTP as problem documents (RFC 9457, `application/problem+json`), whatever raised them.

What a person may read comes through as it is: RookeryError, wrong input with the field's name, 404, 405, 413. Anything
else is our bug: the client gets status 500 with an error id and nothing more; the same id stands in the log beside the
traceback. Runs on the web server's event loop.
"""

import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from supervision.errors import RookeryError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
NO_TYPE = "about:blank"
# Where FastAPI found a value; the field's own name begins after it.
PLACES = frozenset({"body", "query", "path", "header", "cookie"})


def problem(
    status: int,
    detail: str,
    *,
    title: str = "",
    type: str = NO_TYPE,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """A problem document; members that are None are left out."""
    phrase = title or HTTPStatus(status).phrase
    document = {"type": type, "title": phrase, "status": status, "detail": detail}
    document |= {name: value for name, value in members.items() if value is not None}
    return JSONResponse(document, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def of_error(error: RookeryError) -> JSONResponse:
    """The document of an error that was raised for people to read."""
    headers = {"WWW-Authenticate": 'Bearer realm="rookery"'} if error.status == HTTPStatus.UNAUTHORIZED else None
    return problem(error.status, str(error), title=error.title, type=urn(error), headers=headers, field=error.field)


def urn(error: RookeryError) -> str:
    """`urn:rookery:problem:mailbox-full` for MailboxFull: the class is the problem's type."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(error).__name__)
    return f"urn:rookery:problem:{words.lower()}"


def of_faults(faults: Sequence[Any]) -> JSONResponse:
    """The document for input that a pydantic model refused: every fault with its field, the first one up front."""
    if faults and faults[0]["type"] == "json_invalid":
        why = faults[0].get("ctx", {}).get("error", "not JSON")
        return problem(400, f"the body is not valid JSON: {why}", title="Malformed JSON", field="body")
    errors = [{"field": field_name(fault["loc"]), "detail": fault["msg"]} for fault in faults]
    detail = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
    return problem(422, detail, title="Wrong input", field=errors[0]["field"] if errors else None, errors=errors)


def field_name(location: Sequence[Any]) -> str:
    """`data.link` for ("body", "data", "link"); the place itself when that is all there is."""
    inner = location[1:] if location and location[0] in PLACES else location
    return ".".join(str(part) for part in inner or location) or "body"


def install(app: FastAPI) -> None:
    """Answer with problem documents on this application."""
    app.add_exception_handler(RookeryError, _on_rookery_error)
    app.add_exception_handler(RequestValidationError, _on_faults)
    app.add_exception_handler(ValidationError, _on_faults)
    app.add_exception_handler(HTTPException, _on_http_exception)


async def _on_rookery_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RookeryError)
    return of_error(error)


async def _on_faults(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError | ValidationError)
    return of_faults(error.errors())


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, _sentence(request, error), headers=error.headers)


def _sentence(request: Request, error: HTTPException) -> str:
    """What the route said, or something better than the bare phrase that Starlette says itself."""
    if error.detail != HTTPStatus(error.status_code).phrase:
        return str(error.detail)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method} is not for {request.url.path}"
    return f"nothing at {request.url.path}" if error.status_code == HTTPStatus.NOT_FOUND else str(error.detail)


class CatchAll:
    """The outermost layer: turns an exception that nobody foresaw into a 500 with an error id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            error_id = secrets.token_hex(4)
            logger.exception("error %s in %s %s", error_id, scope.get("method", scope["type"]), scope.get("path", ""))
            if scope["type"] != "http" or started:
                raise
            response = problem(500, f"error {error_id}; the log has the rest", error_id=error_id)
            await response(scope, receive, send)
