"""The lines of a hand-over log as they are judged: read one by one, each checked. Pure; any thread.

An unfinished last line is what a killed process was writing: its hand-over never happened, and it is passed over.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.sms.limits.errors import WrongLog

SECOND_US = 1_000_000
PERIODS = ("hour", "day", "month")


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit as the log states it: `span_us` of a sliding one, else 0, `zone` and `period`."""

    name: str
    scope: tuple[str, ...]
    amount: int
    unit: str
    span_us: int
    zone: str
    period: str

    @property
    def window(self) -> str:
        return f"{self.span_us / SECOND_US:g} s" if self.span_us else f"{self.period} in {self.zone}"

    def concerns(self, key: tuple[str, ...]) -> bool:
        return len(key) == len(self.scope) and all(
            want in ("*", part) for want, part in zip(self.scope, key, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Life:
    """One holder's life, by a unique name. At `began_us` of the wall's clock its own showed `began_mono_us`."""

    name: str
    epoch: int
    began_us: int
    began_mono_us: int

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Life":
        epoch, began_us, began_mono_us = (int(fields[name]) for name in ("epoch", "began_at_us", "began_mono_us"))
        return cls(f"{fields['holder']} {epoch} {began_us} {began_mono_us}", epoch, began_us, began_mono_us)

    def steady_us(self, mono_us: int) -> int:
        """The wall's clock as it would be if nobody had set it since."""
        return self.began_us + mono_us - self.began_mono_us


@dataclass(frozen=True, slots=True)
class Header:
    """These rules hold for this life from now on."""

    steady_us: int
    life: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One hand-over."""

    steady_us: int
    wall_us: int
    life: str
    keys: tuple[tuple[str, ...], ...]
    segments: int
    messages: int


def read(log: Iterable[str], name: str) -> Iterator[Header | Entry]:
    """In the order of the log. Raises WrongLog with the place: no header, no JSON, a field less, time set back."""
    life: Life | None = None
    last_us = None
    for number, line in enumerate(log, start=1):
        if not line.endswith("\n"):
            return
        try:
            fields = json.loads(line)
            mono_us = int(fields["mono_us"])
            if "keys" not in fields:
                life = Life.of(fields)
                rules = tuple(_rule(limit) for limit in fields["limits"])
                item: Header | Entry = Header(life.steady_us(mono_us), life.name, rules)
            elif life is None:
                raise ValueError("the first line of a log says which limits are in force")
            else:
                item = _entry(fields, life, mono_us)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WrongLog(f"{name}, line {number}: {error!r}") from error
        if last_us is not None and item.steady_us < last_us:
            raise WrongLog(
                f"{name}, line {number}: its time is before that of the line above; logs are judged in order"
            )
        last_us = item.steady_us
        yield item


def _entry(fields: dict[str, Any], life: Life, mono_us: int) -> Entry:
    if fields["epoch"] != life.epoch:
        raise ValueError(f"epoch {fields['epoch']} in the log of epoch {life.epoch}")
    keys = tuple(map(tuple, fields["keys"]))
    return Entry(life.steady_us(mono_us), fields["at_us"], life.name, keys, fields["segments"], fields["messages"])


def _rule(fields: dict[str, Any]) -> Rule:
    span_us = round(fields.get("seconds", 0) * SECOND_US)
    zone, period = fields.get("zone", ""), fields.get("period", "")
    if not span_us and period not in PERIODS:
        raise ValueError(f"limit {fields['name']}: neither seconds nor a period")
    if fields["unit"] not in ("segments", "messages"):
        raise ValueError(f"limit {fields['name']}: no unit {fields['unit']!r}")
    return Rule(fields["name"], tuple(fields["scope"]), int(fields["amount"]), fields["unit"], span_us, zone, period)
