"""The section `broker` of config.yaml. Values only; any thread."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from actors.broker.topology import QueueType
from supervision.config import Section

#: Which package carries which URL scheme; each has an `engine(settings, topology)`.
ENGINES = {
    "embedded": "actors.broker.embedded.engine:engine",
    "amqp": "actors.broker.rabbitmq.engine:engine",
    "amqps": "actors.broker.rabbitmq.engine:engine",
}


class OutboxConfig(Section):
    """Where messages wait while the broker is away."""

    max_bytes: int = Field(256 * 2**20, ge=2**20, description="what the file may hold; then publishers are refused")
    file: str = Field("outbox.sqlite", min_length=1, description="in the home, unless absolute; all processes share it")


class BrokerConfig(Section):
    """Which broker, and how much of it a consumer may hold."""

    url: SecretStr = Field(
        SecretStr("embedded:"),
        description="embedded: keeps messages in <home>/broker.sqlite; embedded:FILE in another; "
        "amqp[s]://USER:PASSWORD@HOST:PORT[,HOST:PORT...]/VHOST is RabbitMQ",
    )
    prefetch: int = Field(200, ge=1, le=65535, description="open deliveries of a consumer, unless its app says")
    max_body_bytes: int = Field(64 * 2**20, ge=1, description="a larger message is refused")
    poll_seconds: float = Field(0.2, gt=0, le=10, description="how soon messages of other processes are noticed")
    lock_timeout_seconds: float = Field(2.0, gt=0, le=60, description="how long others may lock the embedded file")
    queue_type: QueueType = Field("quorum", description="of queues that do not say: quorum (replicated) or classic")
    connect_timeout_seconds: float = Field(5.0, gt=0, le=300, description="for one host, and for an answer of RabbitMQ")
    heartbeat_seconds: int = Field(20, ge=1, le=600, description="a RabbitMQ silent for longer is taken for dead")
    confirm_timeout_seconds: float = Field(30.0, gt=0, le=600, description="how long RabbitMQ may take to confirm")
    blocked_timeout_seconds: float = Field(3.0, gt=0, le=600, description="how long its alarm may hold us up")
    ca_file: Path | None = Field(None, description="certificates that amqps: trusts; else those of the system")
    outbox: OutboxConfig | None = Field(
        None, description="keeps what is published while the broker is away; without it publishers are refused"
    )
    management_url: SecretStr | None = Field(
        None, description="RabbitMQ's management API, http[s]://USER:PASSWORD@HOST:PORT; shows more about queues"
    )

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        scheme = scheme_of(value.get_secret_value())
        if scheme not in ENGINES:
            known = ", ".join(f"{name}:" for name in ENGINES)
            raise ValueError(f"no engine for the scheme {scheme!r}; known are {known}")
        return value

    @field_validator("management_url")
    @classmethod
    def _a_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_web_address(value.get_secret_value()):
            raise ValueError("expected http[s]://USER:PASSWORD@HOST:PORT, with % for what is special in a password")
        return value


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, perhaps a part of the password
        return False


def scheme_of(url: str) -> str:
    """What stands before the first colon; nothing when there is none."""
    return url.partition(":")[0] if ":" in url else ""
