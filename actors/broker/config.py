"""The section `broker` of config.yaml. Values only; any thread."""

from pydantic import Field, SecretStr, field_validator

from supervision.config import Section

#: Which package carries which URL scheme; each has an `engine(settings, topology)`.
ENGINES = {"embedded": "actors.broker.embedded.engine:engine"}


class BrokerConfig(Section):
    """Which broker, and how much of it a consumer may hold."""

    url: SecretStr = Field(
        SecretStr("embedded:"), description="embedded: keeps messages in <home>/broker.sqlite; embedded:FILE in another"
    )
    prefetch: int = Field(200, ge=1, le=65535, description="open deliveries of a consumer, unless its app says")
    max_body_bytes: int = Field(64 * 2**20, ge=1, description="a larger message is refused")
    poll_seconds: float = Field(0.2, gt=0, le=10, description="how soon messages of other processes are noticed")
    lock_timeout_seconds: float = Field(2.0, gt=0, le=60, description="how long others may lock the embedded file")

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        scheme = scheme_of(value.get_secret_value())
        if scheme not in ENGINES:
            known = ", ".join(f"{name}:" for name in ENGINES)
            raise ValueError(f"no engine for the scheme {scheme!r}; known are {known}")
        return value


def scheme_of(url: str) -> str:
    """What stands before the first colon; nothing when there is none."""
    return url.partition(":")[0] if ":" in url else ""
