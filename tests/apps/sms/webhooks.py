"""The SMS app as far as texts come in: the webhooks over a real web server and broker, nobody reading the queues."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.broker.port import Waiting
from actors.broker.specs import engine_of
from apps.sms import APP as SMS
from apps.sms.config import Sms
from apps.sms.outbound.config import Carrier
from supervision.app import App
from supervision.config import check
from tests.actors.web.serving import Served, serving
from tests.servers.twilio import ACCOUNT, TOKEN

BASE = "https://sms.example.org"
INBOUND, STATUS = (f"{BASE}/public/sms/carriers/tw/{kind}" for kind in ("inbound", "status"))
SECRET = "c2VjcmV0"
BUCKETS = 4


def carrier(name: str, **http: Any) -> Carrier:
    return Carrier.model_validate({"name": name, "http": {"callback_url": BASE, **http}})


class Receiving(Sms):
    """With carriers that call back."""

    inbound_buckets: int = BUCKETS
    carriers: tuple[Carrier, ...] = (
        carrier("tw", account=ACCOUNT, secret=TOKEN),
        carrier("gw", dialect="standard", url="https://gw.example", secret=SECRET),
    )


#: The app without its actors, so that what came in stays in its queues to be looked at.
APP = App(name="sms", config=f"{__name__}:Receiving", queues=SMS.queues, routes="apps.sms.routes:routes")
RECEIVING = f"{__name__}:APP"


@contextmanager
def receiving(home: Path, *apps: str) -> Iterator[Served]:
    """A server that takes webhooks; `apps` run beside it."""
    with serving(home, [*apps, RECEIVING]) as web:
        yield web


def waiting(home: Path, queue: str) -> list[Waiting]:
    """The messages in a queue, read past the running system."""
    settings = check({"apps": ["actors.broker", RECEIVING]}, home, {})
    return engine_of(settings).peek(queue, 1000, 65536)
