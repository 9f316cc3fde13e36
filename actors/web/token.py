"""The operator's token: where it lies, and how a request proves that its sender knows it.

Either `Authorization: Bearer TOKEN` (programs) or a session cookie from the login form (browsers). The cookie holds a
signature over its expiry, never the token, so it needs no server-side store and dies with the token.

Pure functions of values, any thread. Not guaranteed: one session cannot be revoked; change the token to end them all.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from actors.web.errors import WeakToken

ENVIRONMENT = "ROOKERY_TOKEN"
FILE = "token"
SHORTEST = 16
SESSION_SECONDS = 7 * 24 * 3600


def load(home: Path) -> str:
    """The token of the root in `home`: from ROOKERY_TOKEN, else from `<home>/token`, made at first use (0600).

    Raises WeakToken.
    """
    path = home / FILE
    given = os.environ.get(ENVIRONMENT, "").strip()
    found = given or (_read(path) if path.exists() else _create(path))
    if len(found) < SHORTEST:
        where = ENVIRONMENT if given else str(path)
        raise WeakToken(f"the token in {where} has {len(found)} characters, fewer than {SHORTEST}: it could be guessed")
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _create(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
    with contextlib.suppress(FileExistsError):  # another process of this home was faster: its token stands
        os.link(draft, path)
    draft.unlink()
    return _read(path)


def matches(token: str, candidate: str) -> bool:
    """Whether `candidate` is the token, in time that does not depend on where they differ."""
    return hmac.compare_digest(token.encode(), candidate.encode())


def bearer_matches(token: str, authorization: str) -> bool:
    """Whether an Authorization header carries the token (RFC 6750)."""
    scheme, _, candidate = authorization.strip().partition(" ")
    return scheme.lower() == "bearer" and matches(token, candidate.strip())


def session(token: str, now: float) -> str:
    """A cookie value that proves the token until SESSION_SECONDS after `now` (seconds since the epoch)."""
    expires = str(int(now) + SESSION_SECONDS)
    return f"{expires}.{_signature(token, expires)}"


def session_matches(token: str, value: str, now: float) -> bool:
    """Whether `value` came from `session` with this token and has not expired at `now`."""
    expires, _, signature = value.partition(".")
    if not hmac.compare_digest(_signature(token, expires).encode(), signature.encode()):
        return False
    return int(expires) > now


def _signature(token: str, expires: str) -> str:
    return hmac.new(token.encode(), f"console session until {expires}".encode(), hashlib.sha256).hexdigest()
