"""From the URL to pika's parameters."""

import pytest

from actors.broker.config import BrokerConfig
from actors.broker.rabbitmq.hosts import Host, address_of, management_path, parameters_of
from supervision.errors import ConfigError


def test_several_hosts_and_what_stands_in_percent() -> None:
    address = address_of("amqps://me:s%2Fcret@one,two:5673,[::1]:5674/%2Fmine")
    assert address.hosts == (Host("one", 5671), Host("two", 5673), Host("::1", 5674))
    assert (address.vhost, address.user, address.password, address.tls) == ("/mine", "me", "s/cret", True)


def test_what_is_left_out() -> None:
    address = address_of("amqp://localhost")
    assert (address.hosts, address.vhost, address.user) == ((Host("localhost", 5672),), "/", "guest")


def test_no_secret_is_shown() -> None:
    address = address_of("amqp://me:secret@one,two/")
    assert "secret" not in repr(address) + address.where
    assert address.where == "one:5672, two:5672 vhost /"


@pytest.mark.parametrize(
    "url", ["amqp://", "amqp://me:secret@/", "amqp://me:secret@host:port/", "amqp://a:secret@one,,two/"]
)
def test_a_broken_url_is_a_config_error_without_its_secrets(url: str) -> None:
    with pytest.raises(ConfigError, match="expected amqp") as caught:
        address_of(url)
    assert "secret" not in str(caught.value)


def test_each_host_gets_parameters_of_its_own() -> None:
    config = BrokerConfig(url="amqps://me:secret@one,two/", heartbeat_seconds=7, connect_timeout_seconds=2.5)
    first, second = parameters_of(address_of(config.url.get_secret_value()), config, "rookery publisher")
    assert (first.host, second.host, first.port) == ("one", "two", 5671)
    assert (first.heartbeat, first.socket_timeout) == (7, 2.5)
    assert first.client_properties["connection_name"] == "rookery publisher"
    assert first.ssl_options.server_hostname == "one"
    assert first.ssl_options.context.check_hostname


def test_certificates_that_are_not_there(tmp_path) -> None:
    config = BrokerConfig(url="amqps://one/", ca_file=tmp_path / "none.pem")
    with pytest.raises(ConfigError, match=r"broker\.ca_file"):
        parameters_of(address_of("amqps://one/"), config, "x")


def test_the_default_virtual_host_in_a_path() -> None:
    assert management_path("/") == "%2F"
