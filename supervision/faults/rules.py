"""The rules in force in one system, its own or those of the root above it. Any thread."""

import itertools
from collections.abc import Callable, Iterable, Mapping

from supervision.faults.armed import Armed, Entry, Ruling
from supervision.faults.errors import FaultsDisabled, UnknownFault
from supervision.faults.rule import FaultRule


class Faults:
    """The rules of one system. `changed` is called after each change so that running actors look again."""

    def __init__(
        self,
        now: Callable[[], float],
        changed: Callable[[FaultRule | None], None],
        names: Callable[[str], Iterable[str]] = lambda path: (path,),
    ) -> None:
        self.enabled = False
        self._names = names
        self._now = now
        self._changed = changed
        self._ids = itertools.count(1)
        self._entries: dict[int, Entry] = {}

    def add(self, rule: FaultRule) -> int:
        """Arm a rule; returns its number. Raises FaultsDisabled unless `enabled`."""
        if not self.enabled:
            raise FaultsDisabled("faults are off; set faults.enabled: true in the configuration and restart")
        number = next(self._ids)
        ends_at = None if rule.duration_seconds is None else self._now() + rule.duration_seconds
        self._entries[number] = Entry(number, rule, ends_at)
        self._changed(rule)
        return number

    def clear(self, number: int | None = None) -> int:
        """Disarm one rule or all, and undo what of their strikes lasts; returns how many."""
        if number is not None and number not in self._entries:
            raise UnknownFault(f"no fault has the number {number}; see `rookery fault list`", field="id")
        gone = list(self._entries) if number is None else [number]
        self._forget(gone)
        self._changed(None)
        return len(gone)

    def mirror(self, rules: "Iterable[Ruling]") -> None:
        """Have exactly these rules of another process, with its numbers; what is known already goes on counting."""
        given = {ruling.id: ruling for ruling in rules}
        if gone := [number for number in self._entries if number not in given]:
            self._forget(gone)
            self._changed(None)
        for number, ruling in sorted(given.items()):
            if number not in self._entries:
                ends_at = None if ruling.ends_in_seconds is None else self._now() + ruling.ends_in_seconds
                entry = self._entries[number] = Entry(number, ruling.rule, ends_at)
                for path, struck in ruling.struck.items():
                    entry.at(path).struck = struck
                self._changed(ruling.rule)

    def rulings(self) -> "list[Ruling]":
        """All rules as they stand, for another process."""
        return [entry.ruling(self._now()) for entry in self.entries()]

    def note_struck(self, number: int, struck: Mapping[str, int]) -> None:
        """What another process says of the strikes of a rule at its paths."""
        entry = self._entries.get(number)
        for path, count in struck.items() if entry else ():
            entry.at(path).struck = count  # type: ignore[union-attr]

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def armed_for(self, path: str, type: str) -> tuple[Armed, ...]:
        """The rules that apply to the actor at `path`, with their counters."""
        return tuple(entry.at(path) for entry in self.entries() if self.concerns(entry.rule, path, type))

    def concerns(self, rule: FaultRule, path: str, type: str) -> bool:
        """Whether a rule is about the actor at `path`: by its path, or by the name it has without the node it is in."""
        return any(rule.matches(name, type) for name in self._names(path))

    def _forget(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            entry = self._entries.pop(number, None)
            if entry is not None:
                entry.release()
