"""What a broadcast would be, text by text: segments, encodings, cost, and what makes it dear. Pure; any thread."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.gsm import Coding, Policy, choose, culprits
from actors.gsm.choice import USUAL, fewest

#: Whom a character is laid at when no field of the member holds it.
TEMPLATE = "template"
#: Of how many blamed characters of a field the commonest are told.
MOST_CHARACTERS = 20


@dataclass(slots=True)
class Preview:
    """Counts of what was added so far.

    Attributes:
        skipped: by reason.
        flips: texts in UCS-2 by the field that is to blame.
        blamed: by field, characters that GSM-7 has not, and in how many texts.
        cost: in the unit of the carrier's table.
    """

    policy: Policy = USUAL
    texts: int = 0
    segments: int = 0
    longest: int = 0
    cost: float = 0.0
    codings: Counter[Coding] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    flips: Counter[str] = field(default_factory=Counter)
    blamed: dict[str, Counter[str]] = field(default_factory=dict)
    suggestions: dict[str, str | None] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)

    def add(self, text: str, values: Mapping[str, Any], price: float = 0.0) -> int:
        """A text, the fields it was filled with, and what a segment costs; how many segments it has."""
        choice = choose(text, self.policy)
        segments = fewest(choice, self.policy)
        self.texts += 1
        self.segments += segments
        self.longest = max(self.longest, segments)
        self.cost += segments * price
        self.codings[choice.coding] += 1
        if len(self.samples) < 3:
            self.samples.append(choice.text)
        if choice.coding is Coding.UCS2:
            self._blame(text, values)
        return segments

    def skip(self, reason: str) -> None:
        self.skipped[reason] += 1

    def _blame(self, text: str, values: Mapping[str, Any]) -> None:
        found = {culprit.character: culprit.suggestion for culprit in culprits(text)}
        self.suggestions |= found
        by_field: dict[str, set[str]] = {}
        for character in found:
            by_field.setdefault(_holder(character, values), set()).add(character)
        for name, characters in by_field.items():
            self.flips[name] += 1
            self.blamed.setdefault(name, Counter()).update(characters)

    def to_json(self) -> dict[str, Any]:
        return {
            "texts": self.texts,
            "segments": self.segments,
            "longest": self.longest,
            "cost": round(self.cost, 6),
            "codings": {coding.value: count for coding, count in self.codings.items()},
            "skipped": dict(self.skipped),
            "flips": {
                name: {"texts": count, "characters": self._characters(name)} for name, count in self.flips.items()
            },
            "samples": self.samples,
        }

    def _characters(self, name: str) -> list[dict[str, Any]]:
        return [
            {"character": character, "texts": count, "instead": self.suggestions[character]}
            for character, count in self.blamed[name].most_common(MOST_CHARACTERS)
        ]


def _holder(character: str, values: Mapping[str, Any]) -> str:
    return next((name for name, value in values.items() if isinstance(value, str) and character in value), TEMPLATE)
