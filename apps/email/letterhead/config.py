"""The part `letterhead` of the section `email`. Values only; any thread."""

import ipaddress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from supervision.config import Section

SHORTEST_SECRET = 16
_DOMAIN = r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"


class Dkim(Section):
    """One signature under every mail; two entries (rsa and ed25519) sign twice, as RFC 8463 advises."""

    domain: str = Field(pattern=_DOMAIN, description="d= of the signature: that of the From address, or above it")
    selector: str = Field(
        pattern=_DOMAIN, description="s=: the public key is the TXT record SELECTOR._domainkey.DOMAIN"
    )
    key: Path = Field(description="file with the private key: PEM for rsa, the base64 seed for ed25519")
    algorithm: str = Field("rsa-sha256", pattern="^(rsa-sha256|ed25519-sha256)$", description="RFC 6376, RFC 8463")


class LetterheadConfig(Section):
    """`letterhead:` in the section `email`."""

    public_url: str = Field(
        "", description="where people reach this web server, as in https://mail.example.org; the console's own if empty"
    )
    secret: SecretStr | None = Field(
        None, description="signs links and return paths; comes from the environment; null: HOME/email.key is made"
    )
    return_path_domain: str = Field(
        "", pattern=f"{_DOMAIN}|^$", description="bounces come to an address per mail there; to `from` if empty"
    )
    feedback_id: str = Field(
        "", pattern=r"^[A-Za-z0-9_-]{0,15}$", description="last field of Feedback-ID, yours with Gmail; none if empty"
    )
    dkim: tuple[Dkim, ...] = Field((), max_length=2, description="signatures; the MTA may do that as well")

    @field_validator("public_url")
    @classmethod
    def _is_reachable(cls, value: str) -> str:
        return value and checked_url(value)

    @model_validator(mode="after")
    def _is_secret(self) -> Self:
        if self.secret is not None and len(self.secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"secret has fewer than {SHORTEST_SECRET} characters: it could be guessed")
        return self


def checked_url(value: str) -> str:
    """Without a slash at its end. Raises ValueError unless it is https (RFC 8058), or http on this machine."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a URL such as https://mail.example.org")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ValueError("must be https: mail programs unsubscribe over nothing else (RFC 8058)")
    return value.rstrip("/")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
