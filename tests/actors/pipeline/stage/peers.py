"""Subscriptions and dispatchers for tests of what is pure: no actor, no thread."""

from typing import Any

from actors.pipeline.stage import DemandDispatcher, Subscription, Terms
from actors.pipeline.stage.buffer import Buffer
from actors.pipeline.stage.dispatch import Delivery, Dispatcher
from actors.pipeline.stage.outlet import Outlet, Step


def subscription(consumer: str) -> Subscription:
    return Subscription("/producer", 1, f"/{consumer}", 1, 1)


def join(target: Dispatcher | Outlet, *consumers: str, **terms: Any) -> list[Subscription]:
    """Subscribe each of them."""
    joined = [subscription(consumer) for consumer in consumers]
    for one in joined:
        target.subscribe(one, Terms(**terms))
    return joined


def outlet(dispatcher: Dispatcher | None = None, size: int | None = None, **options: Any) -> Outlet:
    return Outlet(dispatcher or DemandDispatcher(), Buffer(size), **options)


def dealt(steps: list[Step] | list[Delivery]) -> dict[str, list[Any]]:
    """What each consumer got, by its name."""
    got: dict[str, list[Any]] = {}
    for step in steps:
        if isinstance(step, Delivery):
            got.setdefault(step.subscription.consumer[1:], []).extend(step.events)
    return got
