"""The same brokers as for calls."""

from tests.actors.broker.conftest import virtual_host as virtual_host
from tests.actors.rpc.conftest import broker_url as broker_url
