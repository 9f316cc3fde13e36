"""Which URLs are taken, and that a refused one is not repeated."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from actors.database.config import DatabaseConfig, parse_url
from actors.database.engine import hosts_of, open_engine, shown


def config_of(url: str) -> DatabaseConfig:
    return DatabaseConfig(url=SecretStr(url))


def test_the_default_is_a_file_in_the_home() -> None:
    url = DatabaseConfig().resolved(Path("/some/home"))
    assert (url.drivername, url.database) == ("sqlite", "/some/home/rookery.sqlite")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_through_psycopg(scheme: str) -> None:
    assert config_of(f"{scheme}://u:p@db.example.org/x").resolved(Path()).drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:s3cret@h/x", "postgresql+asyncpg://u:s3cret@h/x", "sqlite://", "sqlite:///:memory:"],
)
def test_what_is_not_supported_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        config_of(url)
    assert "s3cret" not in str(refusal.value)
    assert "sqlite:///FILE" in str(refusal.value)


def test_a_password_is_never_shown() -> None:
    assert "s3cret" not in repr(config_of("postgresql://u:s3cret@h/x"))


@pytest.mark.parametrize("field", ["pool_size", "acquire_timeout_seconds", "health_interval_seconds"])
def test_a_pool_that_waits_for_ever_cannot_be_configured(field: str) -> None:
    with pytest.raises(ValidationError):
        DatabaseConfig.model_validate({field: 0})


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ada:pw@one:5001,two:5002/roost",
        "postgresql://ada:pw@/roost?host=one:5001&host=two:5002",
    ],
)
def test_several_hosts_are_tried_until_one_takes_writes(text: str) -> None:
    url = parse_url(text)
    engine = open_engine(url, DatabaseConfig())
    _, arguments = engine.dialect.create_connect_args(url)
    assert (arguments["host"], arguments["port"], arguments["dbname"]) == ("one,two", "5001,5002", "roost")
    assert hosts_of(url) == 2
    assert "pw" not in shown(url)


def test_several_hosts_keep_what_else_the_url_says() -> None:
    url = parse_url("postgresql+psycopg://one,two:5002/roost?sslmode=require")
    assert url.query == {"sslmode": "require", "host": ("one", "two:5002")}
    assert parse_url("postgresql://[::1]:5001/roost").port == 5001


def test_a_port_that_is_no_number_is_a_fault_that_does_not_repeat_the_password() -> None:
    with pytest.raises(ValueError, match="is not a database URL") as caught:
        parse_url("postgresql://ada:s3cret@one:nine/roost")
    assert "s3cret" not in str(caught.value)
