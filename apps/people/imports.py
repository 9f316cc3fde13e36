"""The import of a file: rows are sent on in chunks, and every row is accounted for. Runs in the command's thread.

read = inserted + updated + unchanged + duplicates + refused, always. A chunk is one transaction, and importing the same
rows again changes nothing, so a chunk whose outcome is unknown is simply sent again.

Not guaranteed: flat memory. The addresses seen are kept, about 150 bytes a row, to tell duplicates by their first line.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from apps.people import address
from apps.people.drafts import RefusedRow, Row
from apps.people.errors import Refused
from apps.people.text import shown

CHUNK_ROWS = 500
#: Characters of a chunk as JSON, at most: well within what the control socket and the HTTP API take at once.
CHUNK_CHARACTERS = 1_000_000


@dataclass(slots=True)
class Counts:
    """What became of the rows so far."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: int = 0

    def add(self, answer: "Answer") -> None:
        self.inserted += answer.inserted
        self.updated += answer.updated
        self.unchanged += answer.unchanged
        self.refused += len(answer.refused)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one chunk; together they are all of it."""

    inserted: int
    updated: int
    unchanged: int
    refused: tuple[RefusedRow, ...] = ()


class DuplicateRow(RefusedRow):
    """A row whose address an earlier row of the same file has."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One file's way in.

    `send` takes a chunk and answers what became of it; `refuse` is told of each row that is not taken, duplicates
    included; `progress` is called after every chunk.
    """

    send: Callable[[list[Row]], Answer]
    refuse: Callable[[RefusedRow], None]
    progress: Callable[[Counts], None] = lambda counts: None
    counts: Counts = field(default_factory=Counts)

    def run(self, rows: Iterable[Row | RefusedRow]) -> Counts:
        """Import all rows. Raises what `send` and the reading of the rows raise; what was sent stays."""
        for chunk in chunks(self._fresh(rows)):
            answer = self.send(chunk)
            self.counts.add(answer)
            for row in answer.refused:
                self.refuse(row)
            self.progress(self.counts)
        self.progress(self.counts)
        return self.counts

    def _fresh(self, rows: Iterable[Row | RefusedRow]) -> Iterator[Row]:
        """The rows worth sending; the others are told of here."""
        seen: dict[str, int] = {}
        for row in rows:
            self.counts.read += 1
            checked = _first_of_its_address(row, seen) if isinstance(row, Row) else row
            if isinstance(checked, Row):
                yield checked
                continue
            if isinstance(checked, DuplicateRow):
                self.counts.duplicates += 1
            else:
                self.counts.refused += 1
            self.refuse(checked)


def _first_of_its_address(row: Row, seen: dict[str, int]) -> Row | RefusedRow:
    given = row.fields.get("address")
    try:
        first = seen.setdefault(address.parse(given).key, row.line)
    except Refused as error:
        return RefusedRow.of(row.line, error)
    return (
        row if first == row.line else DuplicateRow(row.line, "address", f"stands in line {first} already", shown(given))
    )


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Lists of at most `CHUNK_ROWS` rows and, unless one row is larger, `CHUNK_CHARACTERS`."""
    chunk: list[Row] = []
    size = 0
    for row in rows:
        characters = len(json.dumps(row.fields, ensure_ascii=False))
        if chunk and (len(chunk) >= CHUNK_ROWS or size + characters > CHUNK_CHARACTERS):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += characters
    if chunk:
        yield chunk
