"""The phones of the simulated network: what each of them got, and which numbers of ours it does not want to hear from.

A phone knows only octets: it puts segments together by their headers and reads them by their coding, like a real one.
Functions that take a connection write in an open transaction; those that take a path read, from any thread or process.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from actors.carrier.port import Piece
from actors.carrier.simulated.network import opened, read
from actors.gsm import Coding, Header, Part, Reassembly, data_coding, decode, parse

_COLUMNS = "id, at, carrier, carrier_id, source, destination, key, number, total, coding, body, udh, text"
_INSERT = (
    "INSERT INTO received (at, carrier, carrier_id, source, destination, key, number, total, coding, body, udh, text)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece as it arrived at a phone; `at` in seconds since the epoch."""

    id: int
    at: float
    carrier: str
    carrier_id: str
    source: str
    destination: str
    key: str
    number: int
    total: int
    coding: str
    body: bytes
    udh: bytes
    text: str


@dataclass(frozen=True, slots=True)
class PhoneText:
    """A text on a phone's screen: there once all its segments are. `id` grows in the order of completion.

    `text` is what the octets say; `segments` are in the text's order.
    """

    id: int
    at: float
    source: str
    text: str
    segments: tuple[Segment, ...]


def deliver(connection: sqlite3.Connection, carrier: str, pieces: Iterable[tuple[Piece, str]], at: float) -> None:
    """To their phones, each with the carrier's id."""
    connection.executemany(_INSERT, [_row(carrier, piece, carrier_id, at) for piece, carrier_id in pieces])


def _row(carrier: str, piece: Piece, carrier_id: str, at: float) -> tuple[object, ...]:
    source, destination = piece.source.value, piece.destination.value
    ends = (at, carrier, carrier_id, source, destination, piece.key, piece.number, piece.total)
    return (*ends, piece.coding.value, piece.body, piece.udh, piece.text)


def screen(path: Path, number: str, *, after: int = 0, limit: int = 1000) -> list[PhoneText]:
    """What the phone with this number shows, in order, beginning behind the id `after`."""
    shown = assembled(segments(path, number))
    return [text for text in shown if text.id > after][:limit]


def segments(path: Path, number: str | None = None) -> list[Segment]:
    """All that arrived at one phone, or at all of them, in order."""
    query = f"SELECT {_COLUMNS} FROM received"
    if number is None:
        return [Segment(*row) for row in read(path, f"{query} ORDER BY id")]
    return [Segment(*row) for row in read(path, f"{query} WHERE destination = ? ORDER BY id", number)]


def assembled(arrived: Iterable[Segment]) -> list[PhoneText]:
    """Texts from segments in any order. A segment that comes twice is one, a short text that comes twice is two."""
    reassembly: Reassembly[Segment] = Reassembly()
    texts = [_text(reassembly, segment) for segment in arrived]
    return [text for text in texts if text is not None]


def _text(reassembly: Reassembly[Segment], segment: Segment) -> PhoneText | None:
    """What this segment completes."""
    coding, header = data_coding(Coding(segment.coding)), parse(segment.udh) if segment.udh else Header()
    if header.concatenation is None:
        shown = decode(coding, segment.body, header.alphabet)
        return PhoneText(segment.id, segment.at, segment.source, shown or "", (segment,))
    part = Part(header.concatenation, coding, segment.body, header)
    whole = reassembly.add((segment.source, segment.destination), part, segment, segment.at).whole
    if whole is None:
        return None
    return PhoneText(segment.id, segment.at, segment.source, whole.text or "", whole.tokens)


def doubled(path: Path) -> dict[tuple[str, int], int]:
    """Segments, by their text's key and their number, that arrived more than once: how often."""
    query = "SELECT key, number, count(*) FROM received GROUP BY key, number HAVING count(*) > 1 ORDER BY key, number"
    return {(key, number): count for key, number, count in read(path, query)}


def numbers(path: Path) -> list[str]:
    """Every phone that got something."""
    return [number for (number,) in read(path, "SELECT DISTINCT destination FROM received ORDER BY destination")]


def is_blocked(connection: sqlite3.Connection, carrier: str, source: str, destination: str) -> bool:
    """Whether the carrier refuses texts from this number of ours to this phone."""
    query = "SELECT 1 FROM opted_out WHERE carrier = ? AND source = ? AND destination = ?"
    return connection.execute(query, (carrier, source, destination)).fetchone() is not None


def block(path: Path, carrier: str, source: str, destination: str, *, blocked: bool = True) -> None:
    """The carrier's own list of who opted out of which number of ours: add, or take away."""
    statement = "INSERT OR IGNORE INTO opted_out VALUES (?, ?, ?)"
    if not blocked:
        statement = "DELETE FROM opted_out WHERE carrier = ? AND source = ? AND destination = ?"
    with opened(path) as network, network.transaction() as connection:
        connection.execute(statement, (carrier, source, destination))
