"""From what the verbs answer to what the pages show. Values only; any thread."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

TEXTS, BROADCASTS, CARRIERS = "/sms", "/sms/broadcasts", "/sms/carriers"
NONE = "-"
#: Of the states of texts, members, broadcasts and carriers.
TONES = {
    **dict.fromkeys(("delivered", "joined", "finished", "up"), "good"),
    **dict.fromkeys(("claimed", "handed", "running", "freezing", "asked"), "busy"),
    **dict.fromkeys(("in_doubt", "held", "paused", "slowed", "scheduled"), "warn"),
    **dict.fromkeys(("undelivered", "expired", "rejected", "failed", "blocked", "down"), "bad"),
}
#: The accounts of a broadcast's books, in the order in which they are shown.
ACCOUNTS = (
    *("delivered", "handed", "pending", "in_doubt", "rejected", "failed", "suppressed", "skipped", "cancelled"),
)
ACCOUNT_TONES = {
    "delivered": "good",
    "handed": "busy",
    "pending": "line",
    "in_doubt": "warn",
    "rejected": "bad",
    "failed": "bad",
}
CODINGS = {"gsm7": "GSM-7", "ucs2": "UCS-2", "binary": "binary"}
LANES = ("confirmation", "answer", "leader", "broadcast")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def leader_link(leader: str) -> str:
    return f"{TEXTS}/leaders/{quote(leader, safe='')}"


def thread_link(leader: str, number: str) -> str:
    return f"{leader_link(leader)}/{quote(number, safe='+')}"


def broadcast_link(broadcast: int) -> str:
    return f"{BROADCASTS}/{broadcast}"


def tone(state: str) -> str:
    return TONES.get(state, "idle")


def words(name: str) -> str:
    """A state or an account as people read it."""
    return name.replace("_", " ")


def readable(text: str) -> str:
    """Control characters can be seen; lines stay."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\r\n", "\n"))


def moment(written: str | None, now: datetime) -> str:
    """ISO 8601 as `12:31:07` of today, or `2026-11-21 12:31`, in UTC; empty for None."""
    if not written:
        return ""
    at = datetime.fromisoformat(written).astimezone(UTC)
    return at.strftime("%H:%M:%S" if at.date() == now.astimezone(UTC).date() else "%Y-%m-%d %H:%M")


def span(seconds: float) -> str:
    """`4 s`, `12 min`, `3.5 h`, `2 d`; empty for nothing."""
    if seconds <= 0:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} d"


def count(number: float) -> str:
    return f"{number:,}"


def times(number: int) -> str:
    return "once" if number == 1 else f"{count(number)} times"


def percent(part: float, whole: float) -> float:
    """0 to 100, with one decimal; 0 of nothing."""
    return round(min(100.0, max(0.0, 100.0 * part / whole)), 1) if whole else 0.0


def leader_line(one: Mapping[str, Any]) -> dict[str, Any]:
    """Of `sms.overview`."""
    return {
        "id": one["id"],
        "name": one["name"],
        "link": leader_link(one["id"]),
        "numbers": ", ".join(one["numbers"]) or NONE,
        "members": count(one["joined"]),
        "asked": count(one["asked"]),
        "left": count(one["left"]),
        "unread": count(one["unread"]) if one["unread"] else "",
        "threads": count(one["threads"]),
        "waiting": f"{count(one['waiting'])}, oldest {span(one['oldest_seconds']) or 'new'}" if one["waiting"] else "",
    }


def thread_line(leader: str, one: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Of `sms.inbox`."""
    return {
        "number": one["number"],
        "who": readable(one["name"]) or one["number"],
        "named": bool(one["name"]),
        "link": thread_link(leader, one["number"]),
        "state": one["state"],
        "tone": tone(one["state"]),
        "unread": one["unread"] or "",
        "mine": one["direction"] == "out",
        "text": readable(one["text"] or "")[:200],
        "at": moment(one["at"], now),
    }


def unread_first(unread: Sequence[Mapping[str, Any]], latest: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Two readings of an inbox as one list; who is in both stands there once."""
    known = {one["number"] for one in unread}
    return [*unread, *(one for one in latest if one["number"] not in known and not one["unread"])]


def broadcast_line(one: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Of `sms.broadcast.list`."""
    books, state = one["books"], shown_state(one)
    return {
        "id": one["id"],
        "name": readable(one["name"]),
        "link": broadcast_link(one["id"]),
        "leader": one["leader"],
        "state": state,
        "tone": tone(state),
        "start": moment(one["start_at"], now),
        "targeted": count(books["targeted"]),
        "left": f"{percent(books['targeted'] - books['pending'], books['targeted']):g} %" if books["targeted"] else "",
        "delivered": count(books["delivered"]),
        "wrong": count(books["rejected"] + books["failed"] + books["in_doubt"]),
        "unbalanced": not books["balanced"],
    }


def shown_state(broadcast: Mapping[str, Any]) -> str:
    """Paused is what people look for, however far it is."""
    return "paused" if broadcast["paused"] else str(broadcast["state"])


def lanes(queue: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`sms.queue` summed up by lane, those that go first on top; empty lanes too."""
    found = []
    for lane in LANES:
        mine = [one for one in queue if one["lane"] == lane]
        oldest = max((one["oldest_seconds"] for one in mine), default=0.0)
        texts, due = sum(one["texts"] for one in mine), sum(one["due"] for one in mine)
        found.append(
            {"lane": lane, "texts": count(texts), "due": count(due), "leaders": len(mine), "oldest": span(oldest)}
        )
    return found


def culprits(flips: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of a preview: which fields make texts dear, by which characters, and what could be written instead."""
    return [
        {
            "field": name,
            "texts": count(one["texts"]),
            "characters": " · ".join(_instead(culprit) for culprit in one["characters"]),
        }
        for name, one in flips.items()
    ]


def _instead(culprit: Mapping[str, Any]) -> str:
    character = culprit["character"]
    shown = character if character.isprintable() else f"U+{ord(character[0]):04X}"
    return f"{shown} → {culprit['instead'] or 'nothing'}" if culprit["instead"] is not None else shown


def local_time(written: str | None) -> str | None:
    """What a date-and-time field holds, taken as UTC; None if it is empty."""
    return f"{written}:00+00:00" if written and len(written) == 16 else (f"{written}+00:00" if written else None)
