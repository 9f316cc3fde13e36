"""A leader to try things with. Over a connection; any thread."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actors.carrier.port import NumberType
from actors.database import Connection
from actors.database.statements import insert_or_update
from apps.sms.hub import leaders
from apps.sms.hub.member import Keyword
from apps.sms.tables import canned, numbers

LEADER, NAME = "wren", "Wren Rookery"
#: Of the range that is kept for examples.
NUMBER, MEMBER = "+15555550100", "+15555550199"
#: The carrier of the default configuration.
CARRIER = "sim"
SIGN_UP: Mapping[str, Any] = {
    "mode": "questions",
    "welcome": "Hi, this is {leader}! I text about birds, about once a week. Reply STOP to leave, HELP for help.",
    "questions": [
        {"name": "name", "ask": "What is your name?"},
        {"name": "place", "ask": "Nice to meet you, {name}. Where do you live?"},
        {
            "name": "bird",
            "ask": "Which bird is yours? 1 rook, 2 wren, 3 heron",
            "kind": "choice",
            "choices": ["rook", "wren", "heron"],
            "invalid": "Please answer 1, 2 or 3.",
        },
    ],
    "done": "Thank you, {name}! You will hear from me.",
    "contact": "Write to help@rookery.example.",
}
KEYWORDS = {"nest": Keyword("Nests are watched at rookery.example/nests.", "nests")}
CANNED = {"thanks": "Thank you, {name}!"}


def make(conn: Connection, now: datetime) -> dict[str, Any]:
    """Make it, or put it right again; what to do next."""
    leaders.put(conn, LEADER, NAME, SIGN_UP, now, locale="en-US", time_zone="America/New_York")
    owned = {"type": NumberType.E164.value, "leader": LEADER, "carrier": CARRIER}
    put = insert_or_update(conn, numbers, ("number",), tuple(owned))
    conn.execute(put, {"number": NUMBER, "created_at": now, **owned})
    for word, keyword in KEYWORDS.items():
        leaders.set_keyword(conn, LEADER, word, keyword)
    for name, body in CANNED.items():
        row = {"leader": LEADER, "name": name, "body": body}
        conn.execute(insert_or_update(conn, canned, ("leader", "name"), ("body",)), row)
    return {"leader": LEADER, "name": NAME, "number": NUMBER, "member": MEMBER}
