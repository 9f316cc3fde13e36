"""Hand-over logs as the tests write them, by hand: the verifier's format is a promise of its own."""

import json
from typing import Any

SECOND = 1_000_000
BEGAN_AT = 1_790_000_000 * SECOND
ACME = ("carrier", "acme")
PER_SECOND = {"name": "acme", "scope": ["carrier", "*"], "amount": 10, "unit": "segments", "seconds": 1.0}


class Log:
    """One holder's life; `skew` is how much its wall clock is ahead. Times are seconds since all of them began."""

    def __init__(self, limits: list[dict[str, Any]], epoch: int = 1, began: float = 0.0, skew: float = 0.0) -> None:
        self.epoch = epoch
        self.began = {
            "began_at_us": BEGAN_AT + round((began + skew) * SECOND),
            "began_mono_us": round(began * SECOND) + 5,
        }
        self.skew = skew
        self.lines: list[str] = []
        self.header(limits, began)

    def header(self, limits: list[dict[str, Any]], at: float) -> None:
        self._add({"limits": limits, "holder": f"machine-{self.epoch}", "epoch": self.epoch, **self.began}, at)

    def hand(
        self, at: float, segments: int = 1, messages: int = 1, key: tuple[str, ...] = ACME, step: float = 0.0
    ) -> None:
        """`step`: by so much the wall's clock was set since."""
        fields = {"epoch": self.epoch, "text": "t", "piece": 1, "segments": segments, "messages": messages}
        self._add({**fields, "keys": [list(key)], "limits": ["acme"]}, at, step)

    def _add(self, fields: dict[str, Any], at: float, step: float = 0.0) -> None:
        at_us = BEGAN_AT + round((at + self.skew + step) * SECOND)
        self.lines.append(json.dumps({"at_us": at_us, "mono_us": round(at * SECOND) + 5, **fields}) + "\n")
