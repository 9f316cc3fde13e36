"""A console over texts that really travel: the whole SMS app on the embedded engines, and phones to text with."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervision.config import Settings, check
from supervision.verbs import Site, collect
from tests.actors.web.serving import Served, serving

APPS = (
    *("actors.database", "actors.broker", "actors.rpc", "actors.pipeline.rates", "actors.pipeline.connector"),
    *("actors.lease", "apps.people", "apps.sms", "apps.console"),
)
LEADER, OURS = "wren", "+15555550100"
ADA, BOB = "+12025550101", "+12025550102"
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Texting:
    """Verbs, asked as a script would, and phones."""

    served: Served
    settings: Settings

    def ask(self, verb: str, **params: Any) -> Any:
        return collect(self.settings).find(verb)(Site(self.served.running.system, self.settings), params)

    def types(self, phone: str, *bodies: str) -> None:
        """One text after the other; each is answered before the next."""
        for body in bodies:
            seen = len(self.screen(phone))
            self.ask("sms.phone.text", phone=phone, to=OURS, body=body)
            self.until(lambda seen=seen: len(self.screen(phone)) > seen)  # type: ignore[misc]

    def says(self, phone: str, body: str) -> None:
        """A text that is not answered by itself."""
        self.ask("sms.phone.text", phone=phone, to=OURS, body=body)

    def screen(self, phone: str) -> list[str]:
        return [one["text"] for one in self.ask("sms.phone", phone=phone)]

    def joins(self, phone: str, name: str) -> None:
        self.types(phone, "hi", name, "Leeds", "1")

    def until(self, happened: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < deadline, json.dumps(self.ask("sms.overview"))
            time.sleep(0.05)


@contextmanager
def texting(home: Path) -> Iterator[Texting]:
    """With the leader of `rookery sms demo-leader`."""
    with serving(home, APPS) as served:
        settings = check({"apps": [*APPS, "actors.web"], "console": {"port": 0}}, home, {})
        world = Texting(served, settings)
        world.ask("sms.demo-leader")
        yield world
