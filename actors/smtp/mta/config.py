"""The section `mta` of config.yaml. Values only; any thread."""

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from actors.smtp.mta.rule import Rule
from supervision.config import Section


class MtaConfig(Section):
    """The embedded mail server."""

    enabled: bool = Field(default=True, description="false when mail goes to a real server")
    host: str = Field(default="127.0.0.1", description="the address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="0 takes any free port and keeps it across restarts")
    allow_remote: bool = Field(default=False, description="listen on other addresses than loopback")
    max_message_bytes: int = Field(default=33_554_432, ge=1024, description="a larger mail is refused with 552")
    durable: bool = Field(default=True, description="a mail is on disk before 250 is said; false risks the last ones")
    keep_mails: int = Field(default=100_000, ge=1, description="mails kept; older ones are removed")
    behaviour: tuple[Rule, ...] = Field(default=(), description="rules by which it declines, delays or hangs up")
    seed: int | None = Field(default=None, description="of the dice of the rules; null throws them anew each time")
    certificate: Path | None = Field(default=None, description="PEM file with certificate chain; offers STARTTLS")
    key: Path | None = Field(default=None, description="PEM file with the certificate's private key")
    require_tls: bool = Field(default=False, description="take no mail before STARTTLS")
    user: str | None = Field(default=None, description="take mail only from whoever knows this name and the password")
    password: SecretStr | None = Field(default=None, description="comes from the environment: ${NAME}")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if not self.allow_remote and not _is_loopback(self.host):
            raise ValueError(f"host {self.host!r} is not loopback; set allow_remote: true to listen on it")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        if self.require_tls and self.certificate is None:
            raise ValueError("require_tls needs certificate and key")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        if self.user is not None and self.certificate is None:
            raise ValueError("a password needs encryption: certificate and key")
        return self


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
