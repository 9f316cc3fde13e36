"""The section `console` of config.yaml: where the one web server of a root listens and whom it lets in."""

import ipaddress

from pydantic import Field, model_validator

from supervision.config import Section

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class ConsoleConfig(Section):
    """Loopback by default. Times are seconds, sizes bytes."""

    host: str = Field("127.0.0.1", description="the address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="0 takes any free port and keeps it across restarts")
    allow_remote: bool = Field(False, description="listen on other addresses than loopback; the token guards them")
    allowed_hosts: tuple[str, ...] = Field((), description="further host names that this server answers to")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="a larger request is refused with 413")
    verb_threads: int = Field(8, ge=1, le=64, description="verbs and probes that may run at the same time")
    verb_timeout_seconds: float = Field(30.0, gt=0, le=600, description="after that a caller gets 504")

    @model_validator(mode="after")
    def _remote_only_on_purpose(self) -> "ConsoleConfig":
        if not self.allow_remote and not is_loopback(self.host):
            raise ValueError(f"host {self.host!r} is not loopback; set allow_remote: true to listen on it")
        return self

    @property
    def names(self) -> frozenset[str]:
        """The host names that a request may address, in lower case, without port."""
        return LOOPBACK_NAMES | {self.host.lower()} | {name.lower() for name in self.allowed_hosts}


def is_loopback(host: str) -> bool:
    """True for localhost and every loopback address; a name that would need DNS is not."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
