"""From the section `broker` to pika's parameters, one for each host of the URL. Pure; any thread.

`amqp://user:password@host1:5672,host2:5672/vhost`; `amqps:` is TLS. Secrets stay in here: `where` names only hosts.
"""

import ssl
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from pika import ConnectionParameters, PlainCredentials, SSLOptions

from actors.broker.config import BrokerConfig
from supervision.errors import ConfigError

PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Address:
    """Where RabbitMQ is, and as whom to speak with it."""

    hosts: tuple[Host, ...]
    vhost: str
    user: str
    password: str
    tls: bool

    def __repr__(self) -> str:
        return f"Address({self.where})"

    @property
    def where(self) -> str:
        """For people: hosts and virtual host, no credentials."""
        hosts = ", ".join(f"{host.name}:{host.port}" for host in self.hosts)
        return f"{hosts} vhost {self.vhost}"


def address_of(url: str) -> Address:
    """Raises ConfigError, which does not repeat the URL."""
    try:
        parts = urlsplit(url)
        login, _, places = parts.netloc.rpartition("@")
        user, _, password = login.partition(":")
        hosts = tuple(_host(place, PORTS[parts.scheme]) for place in places.split(","))
    except (ValueError, KeyError):
        raise ConfigError("broker.url: expected amqp[s]://USER:PASSWORD@HOST:PORT[,HOST:PORT...]/VHOST") from None
    path = parts.path[1:]
    vhost = unquote(path) if path else "/"
    return Address(hosts, vhost, unquote(user) or "guest", unquote(password) or "guest", parts.scheme == "amqps")


def parameters_of(address: Address, config: BrokerConfig, name: str) -> list[ConnectionParameters]:
    """One for each host, for a connection that the server shows by `name`. Raises ConfigError."""
    context = _context(config) if address.tls else None
    return [
        ConnectionParameters(
            host=host.name,
            port=host.port,
            virtual_host=address.vhost,
            credentials=PlainCredentials(address.user, address.password),
            heartbeat=config.heartbeat_seconds,
            socket_timeout=config.connect_timeout_seconds,
            stack_timeout=config.connect_timeout_seconds,
            ssl_options=None if context is None else SSLOptions(context, host.name),
            client_properties={"connection_name": name, "product": "Rookery"},
        )
        for host in address.hosts
    ]


def management_path(vhost: str) -> str:
    """A virtual host as a part of a path: the default one is `%2F`."""
    return quote(vhost, safe="")


def _host(place: str, port: int) -> Host:
    parts = urlsplit(f"//{place}")
    if not parts.hostname:
        raise ValueError("no host")
    return Host(parts.hostname, parts.port or port)


def _context(config: BrokerConfig) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if config.ca_file is None else str(config.ca_file))
    except OSError as error:
        raise ConfigError(f"broker.ca_file: {error}") from error
