"""Members who text, and their leaders, as an actor at `/demo/texting`: so that a fresh root shows conversations.

It knows nothing of the SMS app but its verbs, as a script on the control socket would, and runs them in its own thread.
Phones answer what their screens show, so a restart goes on where the world was. While too much waits, or something is
away, time stands still there, and the pause is counted.

Not guaranteed: that a phone is answered before it types again; people lose patience too.
"""

import logging
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.demo.config import Demo
from apps.demo.curve import Curve
from apps.demo.leaders import LEADERS, Leader
from apps.demo.phones import Phone, next_text, phones
from supervision import Actor, Backoff, ChildSpec
from supervision.config import Settings
from supervision.errors import RookeryError
from supervision.verbs import Site, collect

logger = logging.getLogger(__name__)

PATH = "/demo/texting"
TICK_SECONDS = 1.0
#: Texts of a screen that are read at once.
READ = 100
#: How often a leader answers somebody when somebody texts, how often with an answer that is ready.
REPLIES, READY = 0.6, 0.4
#: How long somebody who typed waits for an answer before typing again.
PATIENCE_SECONDS = 45.0
#: How often somebody texts another leader than usual.
STRAYS = 0.1
#: Members without whom a leader has nothing to broadcast, and over how long a broadcast is spread.
AUDIENCE, SPREAD_SECONDS = 3, 60
BROADCAST_LOOK_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A second has passed."""


class Texting(Actor):
    """`counts` of what happened, by what it was; any thread may read them."""

    def __init__(self, config: Demo, settings: Settings, carrier: str) -> None:
        """`carrier` is a simulated one."""
        super().__init__()
        self._config, self._settings, self._carrier = config, settings, carrier
        self._curve = Curve(config.texts_per_minute, config.compression)
        self._rng = random.Random(config.seed)
        self._passed_seconds = 0.0
        self._broadcasts_at = BROADCAST_LOOK_SECONDS
        self.counts: Counter[str] = Counter()
        self.held_back = {"backlog": 0, "unavailable": 0}

    def on_start(self) -> None:
        self._verbs = collect(self._settings)
        self._site = Site(self.context.system, self._settings)
        self._phones = list(phones(self._config.phones, self._config.seed))
        self._screens = {phone.number: Screen() for phone in self._phones}
        for leader in LEADERS:
            self._introduce(leader)
        self.send_after(TICK_SECONDS, Tick())

    def on_receive(self, message: Any) -> None:
        match message:
            case Tick():
                self._turn()
                self.send_after(TICK_SECONDS, Tick())
            case _:
                super().on_receive(message)

    def _ask(self, verb: str, **params: Any) -> Any:
        """Raises RookeryError."""
        return self._verbs.find(verb)(self._site, params)

    def _introduce(self, leader: Leader) -> None:
        said = {"sign_up": dict(leader.sign_up), "locale": leader.locale, "time_zone": leader.time_zone}
        self._ask("sms.leader.put", id=leader.id, name=leader.name, **said)
        self._ask("sms.number.put", number=leader.number, leader=leader.id, carrier=self._carrier)
        for word, (answer, tag) in leader.words.items():
            self._ask("sms.keyword.put", leader=leader.id, word=word, answer=answer, tag=tag)
        for name, body in leader.canned.items():
            self._ask("sms.canned.put", leader=leader.id, name=name, body=body)

    # --- a second -----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        until = self._passed_seconds + TICK_SECONDS
        texters = len(self._curve.arrivals(self._passed_seconds, until, self._rng))
        try:
            if texters and self._waits() > self._config.max_backlog:
                self.held_back["backlog"] += 1
                return
            for _ in range(texters):
                self._text()
            if texters and self._rng.random() < REPLIES:
                self._reply(self._rng.choice(LEADERS))
            if until >= self._broadcasts_at:
                self._broadcasts_at = until + BROADCAST_LOOK_SECONDS
                self._broadcast(self._rng.choice(LEADERS))
        except RookeryError as error:
            self.held_back["unavailable"] += 1
            logger.debug("the members of the demo world wait: %s", error)
            return
        self._passed_seconds = until

    def _waits(self) -> int:
        waiting = [*self._ask("sms.queue"), *self._ask("sms.backlog")]
        return sum(one["texts"] for one in waiting)

    def _text(self) -> None:
        """Somebody looks at the phone and types, or not."""
        place = self._rng.randrange(len(self._phones))
        phone, leader = self._phones[place], LEADERS[place % len(LEADERS)]
        if self._rng.random() < STRAYS:
            leader = self._rng.choice(LEADERS)
        last, screen = self._last(phone, leader), self._screens[phone.number]
        if screen.waits(leader.number, self._passed_seconds):
            return
        body = next_text(phone, leader, last, self._rng)
        if body is not None:
            screen.typed_at[leader.number] = self._passed_seconds
            self._ask("sms.phone.text", phone=phone.number, to=leader.number, body=body, carrier=self._carrier)
            self.counts["typed"] += 1

    def _last(self, phone: Phone, leader: Leader) -> str | None:
        """What this leader's number said last on this phone."""
        screen = self._screens[phone.number]
        while True:
            new = self._ask("sms.phone", phone=phone.number, after=screen.after, limit=READ)
            for text in new:
                screen.after = max(screen.after, text["id"])
                screen.last[text["from"]] = text["text"]
                screen.typed_at.pop(text["from"], None)
            if len(new) < READ:
                return screen.last.get(leader.number)

    def _reply(self, leader: Leader) -> None:
        """A leader reads a conversation, and answers unless the member left."""
        unread = self._ask("sms.inbox", leader=leader.id, unread=True, limit=20)
        if not unread:
            return
        one = self._rng.choice(unread)
        if one["state"] != "left":
            ready = self._rng.random() < READY
            canned, body = self._rng.choice(list(leader.canned)), self._rng.choice(leader.replies)
            said = {"canned": canned} if ready else {"body": body}
            self._ask("sms.reply", leader=leader.id, number=one["number"], **said)
            self.counts["replied"] += 1
        self._ask("sms.read", leader=leader.id, number=one["number"])

    def _broadcast(self, leader: Leader) -> None:
        """One, if the last is long enough ago and there is somebody to hear it."""
        now = datetime.fromtimestamp(self.context.system.clock.time(), UTC)
        for last in self._ask("sms.broadcast.list", leader=leader.id, limit=1):
            age = now - datetime.fromisoformat(last["created_at"])
            if age.total_seconds() < self._config.broadcast_every_seconds:
                return
        if self._ask("sms.broadcast.count", leader=leader.id)["members"] < AUDIENCE:
            return
        template = self._rng.choice(leader.broadcasts)
        name = f"{leader.name}, {now:%A %H:%M}"
        self._ask("sms.broadcast.start", leader=leader.id, name=name, template=template, spread_seconds=SPREAD_SECONDS)
        self.counts["broadcast"] += 1


class Screen:
    """What is known of a phone: the id of the last text that was read; by our number the last text that it said, and
    when its owner typed something that was not answered yet.
    """

    def __init__(self) -> None:
        self.after = 0
        self.last: dict[str, str] = {}
        self.typed_at: dict[str, float] = {}

    def waits(self, number: str, now: float) -> bool:
        """Whether its owner does, and has patience yet."""
        return now < self.typed_at.get(number, float("-inf")) + PATIENCE_SECONDS


def texting_spec(config: Demo, settings: Settings) -> ChildSpec | None:
    """It waits for the database as long as it takes. None where nobody would text: no SMS, no simulated carrier."""
    carrier = _simulated(settings)
    if carrier is None or not config.texts_per_minute:
        return None
    backoff = Backoff(min_seconds=0.5, max_seconds=15.0)
    return ChildSpec(id="texting", actor=Texting, args=(config, settings, carrier), start="eventual", backoff=backoff)


def _simulated(settings: Settings) -> str | None:
    """The name of the first simulated carrier."""
    if "sms" not in {app.name for app in settings.apps}:
        return None
    sms: Any = settings.section("sms")
    return next((carrier.name for carrier in sms.carriers if carrier.simulated is not None), None)
