"""The command's side of an import: the file, the progress bar, the rows not taken, the report. Runs in the command.

A chunk that meets a database that is away is tried again for a minute: sending it twice changes nothing.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import IO, Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from apps.people.drafts import RefusedRow, Row
from apps.people.errors import ImportFailed
from apps.people.files import Format, rows
from apps.people.imports import Answer, Counts, Import
from supervision.control import RemoteError

PATIENCE_SECONDS = 60.0
CALL_SECONDS = 60.0


class Root(Protocol):
    """What is needed of a root's client."""

    def call(self, verb: str, /, timeout: float = 30.0, **params: Any) -> Any:
        """Ask the root."""


class NotTaken:
    """Where the rows that are not taken go: to a CSV file, to standard output, or into a list for JSON."""

    def __init__(self, write: Callable[[RefusedRow], object], file: str | None) -> None:
        self._write = write
        self.file = file
        self.rows: list[RefusedRow] = []

    def add(self, row: RefusedRow) -> None:
        self._write(row)


@contextmanager
def not_taken(file: str | None, *, quiet: bool) -> Iterator[NotTaken]:
    """With a file, rows go there; `quiet` collects them; else each is printed as it comes. Raises ImportFailed."""
    with ExitStack() as stack:
        if file is not None:
            try:
                stream = stack.enter_context(open(file, "w", encoding="utf-8", newline=""))
            except OSError as error:
                raise ImportFailed(f"rows not taken cannot be written to {file}: {error.strerror}") from error
            target = csv.writer(stream)
            target.writerow(("line", "field", "reason", "value"))
            yield NotTaken(lambda row: target.writerow((row.line, row.field, row.reason, row.value)), file)
        elif quiet:
            kept = NotTaken(lambda row: kept.rows.append(row), None)
            yield kept
        else:
            console = Console(highlight=False, markup=False, soft_wrap=True)
            yield NotTaken(lambda row: console.print(_line(row)), None)


def upload(
    stream: IO[bytes], file: str, format: Format | None, root: Root, refuse: Callable[[RefusedRow], None], dry_run: bool
) -> Counts:
    """Read, send, count. Raises ImportFailed, and what the root answers."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_Raw(stream))
    with _progress(buffered, file) as progress:
        work = Import(lambda chunk: _send(root, chunk, dry_run), refuse, progress)
        return work.run(rows(buffered, format))


def summary(counts: Counts, report: NotTaken, dry_run: bool) -> str:
    """The report's last lines."""
    numbers = ", ".join(f"{number} {name}" for name, number in asdict(counts).items() if number or name == "read")
    where = f"; rows not taken are in {report.file}" if report.file and counts.refused + counts.duplicates else ""
    return f"{numbers}{where}" + ("; nothing was kept (dry run)" if dry_run else "")


def as_json(file: str, counts: Counts, report: NotTaken, dry_run: bool) -> dict[str, Any]:
    """The report for scripts."""
    answer = {"file": file, "dry_run": dry_run, **asdict(counts)}
    return answer if report.file else {**answer, "not_taken": [asdict(row) for row in report.rows]}


def _send(root: Root, chunk: list[Row], dry_run: bool) -> Answer:
    params = {"rows": [{"line": row.line, "fields": row.fields} for row in chunk], "dry_run": dry_run}
    patient = Retrying(
        retry=retry_if_exception(_is_passing),
        wait=wait_random_exponential(multiplier=0.1, max=5.0),
        stop=stop_after_delay(PATIENCE_SECONDS),
        reraise=True,
    )
    answer = patient(root.call, "people.import", CALL_SECONDS, **params)
    return Answer(**{**answer, "refused": tuple(RefusedRow(**row) for row in answer["refused"])})


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, RemoteError) and error.status == 503


def _line(row: RefusedRow) -> str:
    where = f"line {row.line}: {row.field}: " if row.field else f"line {row.line}: "
    return f"{where}{row.reason}" + (f"  [{row.value}]" if row.value else "")


@contextmanager
def _progress(stream: io.BufferedReader, file: str) -> Iterator[Callable[[Counts], None]]:
    """A bar on standard error, if somebody looks at it; by bytes, because nobody knows the number of rows."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    seekable = stream.seekable()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("importing", total=os.path.getsize(file) if seekable and file != "-" else None)

        def show(counts: Counts) -> None:
            done = stream.tell() if seekable and not stream.closed else None
            bar.update(task, completed=done, description=f"{counts.read:,} rows")

        yield show


class _Raw(io.RawIOBase):
    """Standard input that is not buffered by the interpreter itself, as under a test's runner."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
