"""What the site tells the world: from signatures to CloudEvents. Keeps the petitions' counts; no clock, no thread.

The first signer of a petition is told at once, later ones in groups; now and then somebody has forgotten a password.
"""

import json
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.demo.curve import goal_after
from apps.demo.world import SITE, Person, Petition, petitions_for


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of the site; `type` is what the rules of the email app know."""

    id: str
    type: str
    data: dict[str, Any]

    def to_json(self) -> bytes:
        """A CloudEvent 1.0 in structured form."""
        attributes = {"specversion": "1.0", "id": self.id, "source": SITE, "type": self.type}
        return json.dumps({**attributes, "data": self.data}, ensure_ascii=False).encode()


@dataclass(slots=True)
class Count:
    """One petition's signatures, and who signed since the last update."""

    signatures: int = 0
    waiting: dict[str, Person] = field(default_factory=dict)


class Traffic:
    """The site's own memory; it belongs to one thread and starts at nought."""

    def __init__(self, people: Sequence[Person], update_every: int, reset_share: float, rng: random.Random) -> None:
        self.signatures = 0
        self._people = people
        self._update_every = update_every
        self._reset_share = reset_share
        self._rng = rng
        self._counts: dict[str, Count] = {}

    def sign(self, times: int) -> list[Happening]:
        """So many people sign; what the site has to say about it."""
        happenings: list[Happening] = []
        for _ in range(times):
            person = self._rng.choice(self._people)
            if self._rng.random() < self._reset_share:
                happenings.append(self._reset(person))
            happenings += self._signed(person, self._rng.choice(petitions_for(person)))
        self.signatures += times
        return happenings

    def _signed(self, person: Person, petition: Petition) -> list[Happening]:
        count = self._counts.setdefault(petition.slug, Count())
        count.signatures += 1
        count.waiting[person.address] = person
        if count.signatures > 1 and len(count.waiting) < self._update_every:
            return []
        signers, count.waiting = list(count.waiting), {}
        return [self._update(petition, count.signatures, signers)]

    def _update(self, petition: Petition, signatures: int, signers: list[str]) -> Happening:
        data = {
            "to": signers,
            "petition": petition.title,
            "signatures": signatures,
            "goal": goal_after(signatures),
            "link": petition.link,
        }
        if signatures > 1:
            data["news"] = self._rng.choice(petition.news)
        return self._happening("petition_update", data)

    def _reset(self, person: Person) -> Happening:
        token = f"{self._rng.getrandbits(64):016x}"
        return self._happening("password_reset", {"to": person.address, "link": f"{SITE}/reset/{token}", "hours": 24})

    def _happening(self, type: str, data: dict[str, Any]) -> Happening:
        # Not from the rng: the same seed starts the same world again, but what happens in it is new.
        return Happening(str(uuid.uuid4()), type, data)
