import pytest
from pydantic import ValidationError

from actors.smtp.mta.config import MtaConfig


def test_by_default_it_listens_on_loopback_at_any_free_port() -> None:
    config = MtaConfig()
    assert (config.enabled, config.host, config.port, config.durable) == (True, "127.0.0.1", 0, True)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "mail.example.org", "::"])
def test_the_world_gets_in_only_on_purpose(host: str) -> None:
    with pytest.raises(ValidationError, match="not loopback"):
        MtaConfig(host=host)
    assert MtaConfig(host=host, allow_remote=True).host == host


@pytest.mark.parametrize("host", ["localhost", "127.9.9.9", "::1"])
def test_every_loopback_address_will_do(host: str) -> None:
    assert MtaConfig(host=host).host == host


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"certificate": "a.pem"}, "belong together"),
        ({"key": "a.pem"}, "belong together"),
        ({"require_tls": True}, "require_tls needs"),
        ({"user": "ada", "certificate": "a.pem", "key": "b.pem"}, "user and password"),
        ({"user": "ada", "password": "secret"}, "needs encryption"),
        ({"port": 70000}, "port"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_does_not_hang_together_is_said(section: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        MtaConfig.model_validate(section)


def test_the_password_does_not_show() -> None:
    config = MtaConfig.model_validate({"user": "ada", "password": "hunter2", "certificate": "a", "key": "b"})
    assert "hunter2" not in repr(config)
