"""The key that signs links and return paths, and the signature. Reading it touches a file; the rest is pure.

Any thread. Whoever has it can unsubscribe people and invent bounces, no more. A new key makes
the links of old mails void: keep it.
"""

import contextlib
import hmac
import os
import secrets
from pathlib import Path

from apps.email.letterhead.config import LetterheadConfig

FILE = "email.key"


def load(config: LetterheadConfig, home: Path) -> bytes:
    """The configured secret, else that of `<home>/email.key`, made at first use (0600). Machines must share it."""
    if config.secret is not None:
        return config.secret.get_secret_value().encode()
    path = home / FILE
    return _read(path) if path.exists() else _create(path)


def sign(secret: bytes, purpose: str, text: str) -> bytes:
    """16 octets that only an owner of the secret can find; what is signed for one purpose is void for another."""
    return hmac.digest(secret, f"{purpose}\0{text}".encode(), "sha256")[:16]


def agrees(secret: bytes, purpose: str, text: str, signature: bytes) -> bool:
    """Whether `signature`, or as much of it as was kept, is ours; in time that tells nothing."""
    return len(signature) >= 8 and hmac.compare_digest(sign(secret, purpose, text)[: len(signature)], signature)


def _read(path: Path) -> bytes:
    return path.read_bytes().strip()


def _create(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
    with contextlib.suppress(FileExistsError):  # another process of this home was faster: its key stands
        os.link(draft, path)
    draft.unlink()
    return _read(path)
