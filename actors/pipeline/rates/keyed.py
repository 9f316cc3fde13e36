"""A rate for each key by itself: one window per key, and keys are forgotten only when that changes no answer. Pure.

One object belongs to one thread. At the bound, with nothing to forget, a new key waits: a limit that is forgotten
under load would be no limit.
"""

from collections.abc import Sequence

from actors.pipeline.rates.window import Charge, Rate, Window, charge

#: Keys remembered at once. Each costs about 200 bytes while it is idle, up to 10 KB when it is busy in every slot.
MAX_KEYS = 10_000


class KeyedWindows:
    """The windows of all keys of one rate."""

    def __init__(self, rate: Rate, max_keys: int = MAX_KEYS) -> None:
        self.rate = rate
        self._max_keys = max_keys
        self._windows: dict[str, Window] = {}  # in the order of their last charge

    def __len__(self) -> int:
        return len(self._windows)

    def take(self, key: str, costs: Sequence[int], now_us: int) -> Charge:
        """Charge `key` with as many of `costs` as there are permits for, in their order. Raises TooDear."""
        known = self._windows.get(key)
        unknown = Window(at_us=now_us)
        if known is None and len(self._windows) >= self._max_keys and not self._make_room(now_us):
            return Charge(unknown, 0, self._first_room_us(now_us))
        taken = charge(known or unknown, self.rate, now_us, costs)
        if taken.passed or known is not None:
            self._windows.pop(key, None)
            self._windows[key] = taken.window
        return taken

    def spent(self, key: str, now_us: int) -> int:
        window = self._windows.get(key)
        return 0 if window is None else window.spent(self.rate, now_us)

    def _make_room(self, now_us: int) -> bool:
        """Forget what may be forgotten; the clock of a window never runs back, so all of them can be looked at."""
        for key, window in list(self._windows.items()):
            if window.forgettable(self.rate, now_us):
                del self._windows[key]
        return len(self._windows) < self._max_keys

    def _first_room_us(self, now_us: int) -> int:
        last_charges = (max((end for end, _ in window.charges), default=now_us) for window in self._windows.values())
        return max(1, min(last_charges) + self.rate.span_us - now_us)
