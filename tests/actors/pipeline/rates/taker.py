"""A process that uses a shared rate as fast as it gets it, and writes every use into a log of its own.

python -m tests.actors.pipeline.rates.taker URL NAME ALLOWED INTERVAL LOG: ends by being killed, or on end of input.
"""

import os
import random
import sys
import threading
import time

from actors.database.config import DatabaseConfig, parse_url
from actors.database.engine import open_engine
from actors.pipeline.rates.shared import SharedRate
from actors.pipeline.rates.window import Rate
from tests.actors.pipeline.rates.things import Opened


def main(url: str, name: str, allowed: str, interval: str, log: str) -> None:
    taker = SharedRate(
        Opened(open_engine(parse_url(url), DatabaseConfig())), name, Rate.of(int(allowed), float(interval))
    )
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        permits = taker.take({"": [1] * random.randint(1, 20)})
        for _ in range(permits.passed[""]):
            if time.monotonic() < permits.valid_until:
                os.write(out, f"{time.monotonic_ns() // 1000}\n".encode())
        ended.wait(min(0.01, permits.wait_seconds[""]))


if __name__ == "__main__":
    main(*sys.argv[1:])
