"""What becomes of a message that was handled: the policies, and what each of them says to do. Pure; any thread.

None of them is an endless loop: what goes back to the queue again and again without delay is dead-lettered in the end.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from actors.broker.message import Delivery
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.retry import Again, Failure, History, Retry, next_step

Word = Literal["ack", "reject", "requeue", "requeue_once", "retry", "quarantine"]
Policy = Literal["ack", "reject", "requeue", "requeue_once", "quarantine"] | Retry
WORDS: tuple[str, ...] = get_args(Word)

#: A message that came back so often is not sent back once more, whatever the policy says.
MAX_REQUEUES = 20


@dataclass(frozen=True, slots=True)
class Done:
    """Acknowledge it."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Reject it, so that it is dead-lettered with this reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Back:
    """Return it to its place in the queue, at once."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Put it into quarantine, with this reason."""

    reason: str


Step = Done | DeadLetter | Back | Aside | Again


def policy_of(value: Any) -> Policy:
    """Check what somebody wrote as a policy. Raises WrongOption."""
    if isinstance(value, Retry):
        return value
    if value == "retry":
        return Retry()
    if isinstance(value, str) and value in WORDS:
        return value  # type: ignore[return-value]
    raise WrongOption(f"a policy is one of {', '.join(WORDS)} or a Retry, not {value!r}")


def reconfigured(on_success: Policy, on_failure: Policy, options: Mapping[str, Any]) -> tuple[Policy, Policy]:
    """Both policies of one message after its `configure_ack`. Raises WrongOption."""
    unknown = sorted(set(options) - {"on_success", "on_failure"})
    if unknown:
        raise WrongOption(f"unknown option {unknown[0]!r}; a message has on_success and on_failure")
    success = options.get("on_success", on_success)
    failure = options.get("on_failure", on_failure)
    return policy_of(success), policy_of(failure)


def step(policy: Policy, delivery: Delivery, failure: Failure, now: float, rng: random.Random) -> Step:
    """What `policy` says about a delivery; `failure` is why, also for a success that is not to be acknowledged."""
    if isinstance(policy, Retry):
        return _retry(policy, delivery, failure, now, rng)
    match policy:
        case "ack":
            return Done()
        case "quarantine":
            return Aside(failure.short())
        case "requeue" if delivery.delivery_count < MAX_REQUEUES:
            return Back()
        # By the count and not by the redelivered flag, which a lost connection sets as well.
        case "requeue_once" if delivery.delivery_count == 0:
            return Back()
    return DeadLetter(f"{failure.short()} (from {delivery.queue})")


def _retry(policy: Retry, delivery: Delivery, failure: Failure, now: float, rng: random.Random) -> Step:
    history = History.of(delivery.message.headers, now)
    decided = next_step(policy, history, failure, delivery.queue, now, rng)
    if isinstance(decided, Again):
        return decided
    return Aside(decided.reason) if decided.then == "quarantine" else DeadLetter(decided.reason)
