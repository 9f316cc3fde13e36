"""A root with the whole SMS app: signed webhooks come in, answers leave by a simulated carrier. PostgreSQL, RabbitMQ.

Used by `flood` and `silence`. The leaders' numbers are served by the simulated carrier, whose phones say when an answer
reached them; texts come by the webhooks of a carrier that cannot be reached otherwise. All clocks are one machine's.
"""

import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from actors.carrier.http.signature import twilio_signature
from actors.carrier.simulated import phones
from actors.carrier.simulated.network import FILE_NAME
from benchmarks.draining import APPS, BUCKETS, DrainSite
from benchmarks.inbound import ACCOUNT, BASE, TOKEN
from supervision.control import client

HOOK = "/public/sms/carriers/tw/inbound"
NOBODY = {"url": "http://127.0.0.1:9", "account": ACCOUNT, "secret": TOKEN, "callback_url": BASE}
PATIENCE_SECONDS, LOOK_SECONDS = 60.0, 0.05


@dataclass
class TextsSite(DrainSite):
    """`per_second` segments leave, `of_a_number` from each of our numbers."""

    per_second: int = 200
    of_a_number: int = 100

    def config(self) -> Path:
        strict = [{"name": "partner", "most": self.per_second, "seconds": 1.0}]
        simulated = {"limits": strict, "window": 100, "behaviour": [{"answer_seconds": [0.0, 0.02]}]}
        partner = {"name": "partner", "scope": ["carrier", "sim"], "amount": self.per_second, "seconds": 1.0}
        number = {"name": "number", "scope": ["number", "*"], "amount": self.of_a_number, "seconds": 1.0}
        sms = {
            "inbound_buckets": BUCKETS,
            "carriers": [{"name": "sim", "simulated": simulated}, {"name": "tw", "http": NOBODY}],
            "limits": [partner, number],
        }
        settings = {
            "apps": [*APPS, "actors.web"],
            "database": {"url": "${BENCH_POSTGRES}"},
            "broker": {"url": "${BENCH_AMQP}"},
            "console": {"port": 0},
            "sms": sms,
            "log": {"level": "error"},
        }
        path = self.home / "config.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path

    @property
    def network(self) -> Path:
        return self.home / FILE_NAME

    @property
    def port(self) -> int:
        """Where the web server listens."""
        url: str = json.loads((self.home / "web.json").read_text())["url"]
        return int(url.rpartition(":")[2].strip("/"))

    def lead(self, id: str, number: str, **sign_up: Any) -> None:
        ask = client(self.home)
        ask.call("sms.leader.put", id=id, name=id.title(), sign_up=sign_up)
        ask.call("sms.number.put", number=number, leader=id, carrier="sim")


@dataclass
class Door:
    """Webhooks of one text each. One thread uses it. `accepted`: the id of a text -> when it was answered with 200."""

    port: int
    accepted: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30.0)

    def text(self, source: str, destination: str, body: str, copies: int = 1) -> str:
        """The text's id; what comes more than once is one text to the carrier."""
        sid = f"SM{uuid.uuid4().hex}"
        fields = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": source, "To": destination, "Body": body}
        signature = twilio_signature(TOKEN, BASE + HOOK, fields.items())
        for _ in range(copies):
            self._http.post(HOOK, data=fields, headers={"X-Twilio-Signature": signature}).raise_for_status()
            self.accepted.setdefault(sid, time.time())
        return sid

    def close(self) -> None:
        self._http.close()


def answers(site: TextsSite, members: list[str]) -> dict[str, list[float]]:
    """The id of a text in -> when answers to it reached these phones."""
    found: dict[str, list[float]] = {}
    for member in members:
        for segment in phones.segments(site.network, member):
            found.setdefault(segment.key.rpartition(":")[2], []).append(segment.at)
    return found


def answered(site: TextsSite, accepted: dict[str, float], members: list[str]) -> list[tuple[float, float]]:
    """(when it was accepted, milliseconds until its answer reached the phone), in order. Waits for the last of them.

    Raises SystemExit when one was not answered, or twice.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing := accepted.keys() - (found := answers(site, members)).keys():
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(missing)} of {len(accepted)} texts were not answered")
        time.sleep(LOOK_SECONDS)
    if twice := [sid for sid in accepted if len(found[sid]) != 1]:
        raise SystemExit(f"{len(twice)} of {len(accepted)} texts were answered more than once")
    return sorted((at, (found[sid][0] - at) * 1000.0) for sid, at in accepted.items())
