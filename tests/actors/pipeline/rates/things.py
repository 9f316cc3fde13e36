"""What the tests of rates share."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection, Engine


class Opened:
    """Transactions on an engine, without a pool actor around it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    read = begin


def most_in_any_window(uses: list[int], length: int) -> int:
    """In any closed window; it is enough to look at those that begin with a use."""
    uses, most, end = sorted(uses), 0, 0
    for begin, start in enumerate(uses):
        while end < len(uses) and uses[end] <= start + length:
            end += 1
        most = max(most, end - begin)
    return most
