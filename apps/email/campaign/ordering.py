"""From a rule and an event to the order of a send; and the next round, to those whom a send did not reach.

Functions over a connection; any thread.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actors.database import Connection
from apps.email.campaign.errors import NotNow
from apps.email.campaign.sends import Order, Send, start_send
from apps.email.campaign.states import OVER
from apps.email.cloudevents import Event
from apps.email.config import Rule
from apps.email.rulebook.sections import Rollout
from apps.email.rules import terms_of
from apps.people.audience.query import to_json
from apps.people.audience.store import named


def order_of(
    conn: Connection,
    name: str,
    rule_name: str,
    rule: Rule,
    event: Event,
    audience: str | Mapping[str, Any],
    at: float | None = None,
) -> Order:
    """The order for a rule's mail about this event to `audience`: a stored one, or a query. Raises NoSuchAudience.

    What the rule says of hours, age and rollout goes along. `at` (seconds since the epoch) dates an event that does not
    say its time. Raises NotEvaluated.
    """
    query = to_json(named(conn, audience).query) if isinstance(audience, str) else dict(audience)
    return Order(
        name=name,
        rule=rule_name,
        template=rule.template,
        audience=query,
        event_source=event.source,
        event_id=event.id,
        event_type=event.type,
        mail_class=rule.mail_class,
        topic=rule.topic,
        locale=rule.locale,
        data=event.data,
        terms=_terms(event, rule_name, rule, at),
    )


def _terms(event: Event, name: str, rule: Rule, at: float | None) -> dict[str, Any]:
    rollout = {"rollout": rule.rollout.model_dump(mode="json")} if rule.rollout != Rollout() else {}
    return {**terms_of(event, name, rule, at).to_dict(), **rollout}


def start_round(conn: Connection, parent: Send, now: datetime, chunk_size: int) -> tuple[int, bool]:
    """A send of the same to those whom `parent` did not reach; (its id, whether it is new). Raises NotNow.

    There is one next round of a send; the one after that is a round of the round.
    """
    if parent.state not in OVER:
        raise NotNow(f"send {parent.id} is {parent.state}: it may still reach everybody", field="send")
    order = Order(
        name=parent.name,
        rule=parent.rule,
        template=parent.template,
        audience=None,
        event_source=parent.event_source,
        event_id=f"{parent.event_id}#{parent.id}",
        event_type=parent.event_type,
        mail_class=parent.mail_class,
        topic=parent.topic,
        locale=parent.locale,
        data=parent.data,
        terms=parent.terms,
        parent_id=parent.id,
    )
    return start_send(conn, order, now, chunk_size)
