"""A RabbitMQ for drills: a virtual host that no other test uses."""

from tests.actors.broker.conftest import virtual_host as virtual_host
