"""Many roots that start at once on one database."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import URL, inspect

from actors.database.engine import open_engine
from actors.database.schema import create_tables
from tests.actors.database.things import METADATA, QUICK

ROOTS = 6


def test_roots_that_start_together_do_not_collide(database_url: URL) -> None:
    config = QUICK.model_copy(update={"acquire_timeout_seconds": 10.0})
    engines = [open_engine(database_url, config) for _ in range(ROOTS)]
    together = threading.Barrier(ROOTS, timeout=10)

    def start(number: int) -> None:
        together.wait()
        create_tables(engines[number], [METADATA])

    try:
        with ThreadPoolExecutor(ROOTS) as threads:
            for outcome in [threads.submit(start, number) for number in range(ROOTS)]:
                outcome.result(timeout=20)
        assert inspect(engines[0]).get_table_names() == ["things"]
    finally:
        for engine in engines:
            engine.dispose()
