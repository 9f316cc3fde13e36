"""Who is stopped and who is started when one child dies: OTP's strategies as a function of values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Strategy = Literal["one_for_one", "one_for_all", "rest_for_one"]
STRATEGIES: tuple[str, ...] = get_args(Strategy)


@dataclass(frozen=True, slots=True)
class Plan:
    """`stop` in this order (reverse start order), then `start` in this order."""

    stop: tuple[str, ...]
    start: tuple[str, ...]


def plan(strategy: Strategy, ids: Sequence[str], failed: str) -> Plan:
    """The plan for `failed`, one of `ids`, which are in start order."""
    index = ids.index(failed)
    group = {
        "one_for_one": (failed,),
        "one_for_all": tuple(ids),
        "rest_for_one": tuple(ids[index:]),
    }[strategy]
    return Plan(stop=tuple(other for other in reversed(group) if other != failed), start=group)
