"""The course of an import: what is sent on, and that the counts add up."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.people.drafts import RefusedRow, Row
from apps.people.imports import CHUNK_CHARACTERS, CHUNK_ROWS, Answer, Counts, DuplicateRow, Import, chunks


def person(line: int, address: str | None = None, **fields: object) -> Row:
    return Row(line, {"address": address or f"p{line}@example.org", **fields})


class Course:
    """An import whose other end takes everything but the lines in `conflicts`."""

    def __init__(self, conflicts: Iterable[int] = ()) -> None:
        self.conflicts = set(conflicts)
        self.sent: list[int] = []
        self.refused: list[RefusedRow] = []
        self.seen: list[int] = []

    def send(self, chunk: list[Row]) -> Answer:
        lines = [row.line for row in chunk]
        self.sent += lines
        refused = tuple(RefusedRow(line, "address", "taken", "") for line in lines if line in self.conflicts)
        return Answer(len(lines) - len(refused), 0, 0, refused)

    def run(self, rows: Iterable[Row | RefusedRow]) -> Counts:
        return Import(self.send, self.refused.append, lambda counts: self.seen.append(counts.read)).run(rows)


def test_rows_are_sent_once_and_told_of_when_they_are_not_taken() -> None:
    course = Course(conflicts=[5])
    counts = course.run(
        [person(2), RefusedRow(3, "", "is not CSV", ""), person(4, "P2@EXAMPLE.ORG"), person(5), person(6, "nonsense")]
    )
    assert counts == Counts(read=5, inserted=1, duplicates=1, refused=3)
    assert course.sent == [2, 5]
    assert [row.line for row in course.refused] == [3, 4, 6, 5]
    assert course.refused[1] == DuplicateRow(4, "address", "stands in line 2 already", "P2@EXAMPLE.ORG")


def test_progress_is_told_after_every_chunk() -> None:
    course = Course()
    course.run(person(line) for line in range(1, 2 * CHUNK_ROWS + 2))
    assert course.seen[-1] == 2 * CHUNK_ROWS + 1
    assert len(course.seen) == 4


def test_what_the_other_end_raises_ends_the_import() -> None:
    def fail(chunk: list[Row]) -> Answer:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        Import(fail, lambda row: None).run([person(1)])


def test_an_empty_file() -> None:
    course = Course()
    assert course.run([]) == Counts()
    assert course.sent == []


@given(st.lists(st.integers(0, CHUNK_CHARACTERS), max_size=5).map(lambda sizes: [*sizes, *[10] * 600]))
def test_chunks_are_bounded_and_lose_nothing(sizes: list[int]) -> None:
    people = [person(line, text="x" * size) for line, size in enumerate(sizes, start=1)]
    found = list(chunks(people))
    assert [row for chunk in found for row in chunk] == people
    for chunk in found:
        assert len(chunk) <= CHUNK_ROWS
        assert len(chunk) == 1 or sum(len(str(row.fields)) for row in chunk) <= CHUNK_CHARACTERS


ROWS = st.lists(st.sampled_from(["a@example.org", "A@example.org", "b@example.org", "nonsense", None]), max_size=20)


@given(ROWS, st.sets(st.integers(1, 20)))
def test_every_row_is_accounted_for(addresses: list[str | None], conflicts: set[int]) -> None:
    course = Course(conflicts)
    given_rows: list[Row | RefusedRow] = [
        RefusedRow(line, "", "is not CSV", "") if address is None else person(line, address)
        for line, address in enumerate(addresses, start=1)
    ]
    counts = course.run(given_rows)
    assert counts.read == len(addresses)
    assert counts.inserted + counts.updated + counts.unchanged + counts.duplicates + counts.refused == counts.read
    assert len(course.refused) == counts.duplicates + counts.refused
