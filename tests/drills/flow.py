"""Events flowing into a root over HTTP from a few threads, each sent until it was accepted."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from tests.drills.site import Site

BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
THREADS = 3

Event = dict[str, Any]


def reset(number: int, **changes: Any) -> Event:
    """A password reset for the person with this number."""
    data = {"to": f"person-{number}@example.org", "link": f"https://example.org/r/{number}", "hours": 2}
    return {"specversion": "1.0", "id": f"reset-{number}", "source": "/drill", "type": "password_reset"} | {
        "data": {**data, **changes}
    }


def update(number: int) -> Event:
    """A petition update, which is bulk mail, for the person with this number."""
    data = {"petition": "More birds", "signatures": 1000 + number, "link": "https://example.org/p/birds"}
    data["to"] = f"person-{number}@example.org"
    return {"specversion": "1.0", "id": f"update-{number}", "source": "/drill", "type": "petition_update", "data": data}


class Flow:
    """Sends `events` in small batches. `keys` are the mails promised so far: what was answered with 202."""

    def __init__(self, site: Site, events: Sequence[Event], batch: int = 10, seconds: float = 60.0) -> None:
        self.keys: set[str] = set()
        self.refused: list[str] = []
        self._site = site
        self._batches = iter([events[start : start + batch] for start in range(0, len(events), batch)])
        self._lock = threading.Lock()
        self._deadline = time.monotonic() + seconds
        self._threads = [threading.Thread(target=self._send_all, name=f"flow-{n}") for n in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self) -> set[str]:
        """Until everything was accepted; the keys of all mails."""
        for thread in self._threads:
            thread.join(max(0.0, self._deadline - time.monotonic()) + 5.0)
        assert not self.refused, self.refused[:3]
        return self.keys

    def give_up(self) -> None:
        self._deadline = 0.0
        for thread in self._threads:
            thread.join(30.0)

    def _send_all(self) -> None:
        with httpx.Client(timeout=30.0) as http:
            while (batch := self._next()) is not None:
                self._send(http, batch)

    def _next(self) -> Sequence[Event] | None:
        with self._lock:
            return next(self._batches, None)

    def _send(self, http: httpx.Client, batch: Sequence[Event]) -> None:
        """Until it was accepted. A second time may be once too often: the ids are the same, so nobody must notice."""
        pause = threading.Event()
        body = json.dumps(batch).encode()
        while not self._accepted(http, body):
            if time.monotonic() > self._deadline:
                self.refused.append(f"not accepted in time: {batch[0]['id']} ...")
                return
            pause.wait(0.05)

    def _accepted(self, http: httpx.Client, body: bytes) -> bool:
        try:
            headers = {**self._site.headers, "Content-Type": BATCH}
            answer = http.post(self._site.url("/events"), content=body, headers=headers)
        except (httpx.TransportError, OSError):
            # No root, or one that was killed over it.
            return False
        if answer.status_code != 202:
            if answer.status_code < 500:
                self.refused.append(answer.text)
            return answer.status_code < 500
        with self._lock:
            self.keys.update(key for one in answer.json()["accepted"] for key in one["mails"])
        return True


@contextmanager
def flowing(site: Site, events: Sequence[Event], **options: Any) -> Iterator[Flow]:
    """Events flow while the block runs; its threads are gone afterwards."""
    flow = Flow(site, events, **options)
    flow.start()
    try:
        yield flow
    finally:
        flow.give_up()
