"""The same RabbitMQ, in a virtual host of the tests' own, as the broker's contract uses."""

from tests.actors.broker.conftest import make_amqp, make_embedded, virtual_host

__all__ = ["make_amqp", "make_embedded", "virtual_host"]
