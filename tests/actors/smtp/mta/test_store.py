import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from actors.smtp.mta import store
from actors.smtp.mta.errors import NoSuchMail, StoreFailed
from actors.smtp.mta.store import Incoming, Store


def incoming(number: int, header: bytes = b"") -> Incoming:
    content = b"Message-ID: <%d@example.org>\r\nSubject: mail %d\r\n%s\r\nbody\r\n" % (number, number, header)
    return Incoming(1000.0 + number, "a@example.org", ("b@example.org", "ä@example.org"), content)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return store.store_path(tmp_path / "not there yet")


@pytest.fixture
def writer(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as writer:
        yield writer


def test_what_was_kept_is_read_while_the_writer_lives(path: Path, writer: Store) -> None:
    writer.add([incoming(1), incoming(2)])
    writer.add([incoming(3)])
    assert [summary.id for summary in store.outbox(path)] == [1, 2, 3]
    (first, *_) = store.outbox(path)
    recipients, size = ("b@example.org", "ä@example.org"), len(incoming(1).content)
    assert first == store.Summary(1, 1001.0, "a@example.org", recipients, "<1@example.org>", size, "mail 1")
    assert store.mail(path, 2).content == incoming(2).content
    assert store.mail(path, 2).summary.subject == "mail 2"
    assert store.count(path) == 3


def test_pages_go_forwards_and_backwards(path: Path, writer: Store) -> None:
    writer.add([incoming(number) for number in range(1, 8)])
    assert [summary.id for summary in store.outbox(path, limit=3, after=2)] == [3, 4, 5]
    assert [summary.id for summary in store.outbox(path, limit=3, after=7)] == []
    assert [summary.id for summary in store.latest(path, limit=3)] == [7, 6, 5]
    assert [summary.id for summary in store.latest(path, limit=3, before=3)] == [2, 1]


def test_copies_are_counted_by_message_id(path: Path, writer: Store) -> None:
    writer.add([incoming(1), incoming(2), incoming(1)])
    assert store.copies(path) == {"<1@example.org>": 2, "<2@example.org>": 1}
    assert store.copies(path, at_least=2) == {"<1@example.org>": 2}
    assert [summary.id for summary in store.by_message_id(path, "<1@example.org>")] == [1, 3]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Message-ID:\r\n <folded@example.org>\r\n", "<folded@example.org>"),
        (b"message-id:   <small@example.org>\r\n", "<small@example.org>"),
        (b"Subject: none\r\n", ""),
        (b"X-Message-ID: <other@example.org>\r\n", ""),
        (b"Subject: x\r\n\r\nMessage-ID: <body@example.org>\r\n", ""),
        (b"", ""),
    ],
)
def test_the_message_id_is_found_in_the_header_only(path: Path, writer: Store, header: bytes, expected: str) -> None:
    writer.add([Incoming(1.0, "", ("b@example.org",), header + b"\r\nbody")])
    assert store.outbox(path)[0].message_id == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Subject: =?utf-8?b?44OR44K544Ov44O844OJ?=\r\n", "パスワード"),
        (b"Subject: a\r\n folded one\r\n", "a folded one"),
        (b"Subject: =?no-such-charset?q?x?=\r\n", "x"),
        (b"Subject: \xff\xfe\r\n", "\ufffd\ufffd"),
        (b"Subject: =?utf-8?b?!!!?=\r\n", ""),
        (b"To: x\r\n", ""),
    ],
)
def test_subjects_are_shown_whatever_they_hold(path: Path, writer: Store, header: bytes, expected: str) -> None:
    writer.add([Incoming(1.0, "", ("b@example.org",), header + b"\r\nbody")])
    assert store.outbox(path)[0].subject == expected


def test_a_transaction_keeps_all_or_none(path: Path, writer: Store) -> None:
    broken = Incoming(1.0, "lone surrogate \udcff", ("b@example.org",), b"x")
    with pytest.raises(UnicodeEncodeError):
        writer.add([incoming(1), broken])
    assert store.count(path) == 0
    writer.add([incoming(2)])
    assert store.count(path) == 1


def test_a_file_that_is_not_there_reads_as_empty(path: Path) -> None:
    assert (store.outbox(path), store.latest(path), store.count(path), store.copies(path)) == ([], [], 0, {})
    with pytest.raises(NoSuchMail, match="number 1"):
        store.mail(path, 1)
    assert not path.exists()


def test_it_is_read_after_the_writer_is_gone(path: Path) -> None:
    with closing(Store(path, durable=False)) as writer:
        writer.add([incoming(1)])
    assert store.count(path) == 1


def test_what_is_no_store_is_said(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, and longer than nothing at all" * 100)
    with pytest.raises(StoreFailed, match="cannot be opened"):
        Store(path)
    with pytest.raises(StoreFailed, match="cannot be read"):
        store.count(path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreFailed):
        Store(tmp_path / "file" / "mta.sqlite")


def test_a_file_that_is_locked_for_too_long_is_said(path: Path, writer: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writer._connection.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked"):
            writer.add([incoming(1)])
        other.execute("ROLLBACK")
    writer.add([incoming(1)])
    assert store.count(path) == 1


def test_only_so_many_are_kept_and_the_newest_are(path: Path) -> None:
    with closing(Store(path, durable=False, most=50)) as writer:
        for start in range(1, 1001, 20):
            writer.add([incoming(number) for number in range(start, start + 20)])
            assert store.count(path) <= 50 + 20
        assert store.taken(path) == 1000
        assert [summary.id for summary in store.latest(path, limit=3)] == [1000, 999, 998]
        with pytest.raises(NoSuchMail):
            store.mail(path, 900)


def test_a_file_that_others_filled_is_bounded_too(path: Path) -> None:
    with closing(Store(path, durable=False)) as writer:
        writer.add([incoming(number) for number in range(1, 501)])
    with closing(Store(path, durable=False, most=10)) as writer:
        writer.add([incoming(501), incoming(502)])
    assert store.count(path) == 10
