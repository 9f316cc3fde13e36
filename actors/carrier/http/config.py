"""A carrier over HTTP in `config.yaml`. Values only; any thread."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from actors.carrier.http.dialect import Dialect
from actors.carrier.http.signature import key_of
from actors.carrier.http.standard import Standard
from actors.carrier.http.twilio import Twilio
from supervision.config import Section

#: Below the guard's `/public/`, for carriers have no token of ours.
PREFIX = "/public/sms/carriers"


class HttpCarrier(Section):
    """A carrier over HTTP. Secrets come from the environment: ${NAME}."""

    dialect: Literal["twilio", "standard"] = Field(
        default="twilio", description="standard: plain JSON, signed by Standard Webhooks"
    )
    url: str = Field(default="https://api.twilio.com", description="of the API; for standard, where texts are posted")
    callback_url: str = Field(description="our own address as the carrier knows it, without a path")
    account: str = Field(default="", max_length=64, description="the account's SID (twilio)")
    secret: SecretStr = Field(description="the account's token, by which webhooks are signed")
    user: str = Field(default="", description="SID of an API key that texts are sent with; empty: the account")
    password: SecretStr | None = Field(default=None, description="the API key's secret; null: the account's token")
    window: int = Field(default=16, ge=1, le=200, description="requests under way at the same time")
    connect_timeout_seconds: float = Field(default=5.0, gt=0, description="after that a text is known not to have left")
    answer_timeout_seconds: float = Field(default=30.0, gt=0, description="after that a text is in doubt")

    @field_validator("url", "callback_url")
    @classmethod
    def _http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("must be an http(s) URL without credentials")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.dialect == "twilio" and not self.account:
            raise ValueError("the dialect twilio needs an account")
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password belong together")
        if self.dialect == "standard":
            key_of(self.secret.get_secret_value())
        return self

    def webhook_url(self, carrier: str, kind: Literal["inbound", "status"]) -> str:
        """What to enter at the carrier's."""
        return f"{self.callback_url}{PREFIX}/{carrier}/{kind}"

    def speak(self, carrier: str) -> Dialect:
        """How this carrier speaks."""
        secret = self.secret.get_secret_value()
        if self.dialect == "standard":
            return Standard(carrier, self.url, secret)
        password = secret if self.password is None else self.password.get_secret_value()
        status_url = self.webhook_url(carrier, "status")
        return Twilio(
            carrier,
            self.url,
            self.account,
            secret,
            user=self.user or self.account,
            password=password,
            status_url=status_url,
        )
