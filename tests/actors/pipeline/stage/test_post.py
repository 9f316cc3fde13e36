from typing import Any

from actors.pipeline.stage.post import Post
from supervision import MailboxFull, NoProc


class Mailboxes:
    def __init__(self) -> None:
        self.got: list[tuple[str, Any]] = []
        self.full: set[str] = set()
        self.dead: set[str] = set()

    def cast(self, path: str, message: Any) -> None:
        if path in self.dead:
            raise NoProc(path)
        if path in self.full:
            raise MailboxFull(path)
        self.got.append((path, message))


def test_what_a_full_mailbox_refused_is_sent_later_and_first() -> None:
    boxes = Mailboxes()
    post = Post(boxes.cast)
    boxes.full.add("/a")
    assert post.send("/a", 1) == []
    assert post.send("/b", 2) == []
    boxes.full.clear()
    assert post.send("/a", 3) == []
    assert boxes.got == [("/b", 2)]
    assert post.retry() == []
    assert boxes.got == [("/b", 2), ("/a", 1), ("/a", 3)]
    assert not post.waiting


def test_what_is_refused_again_keeps_its_order() -> None:
    boxes = Mailboxes()
    post = Post(boxes.cast)
    boxes.full.add("/a")
    for number in range(3):
        post.send("/a", number)
    post.retry()
    assert post.clear() == [0, 1, 2]
    assert not post.waiting


def test_what_nobody_is_there_for_comes_back() -> None:
    boxes = Mailboxes()
    post = Post(boxes.cast)
    boxes.full.add("/a")
    post.send("/a", 1)
    post.send("/a", 2)
    boxes.dead.add("/a")
    assert post.retry() == [1, 2]
    assert post.send("/a", 3) == [3]
