"""Actors under keys: a table in which a running actor enters itself, and which forgets it when it ends.

Elixir's `Registry`: `unique` keys have one holder, `duplicate` keys any number. Any thread may read; an actor writes
for itself only, in its own thread. One table under one lock, no partitions and no process of its own: nothing here runs
code of others while it holds the lock, so it cannot crash halfway.

Keys compare strictly, as in Elixir: 1, 1.0 and True are three keys, also inside tuples, though Python calls them equal.

Not guaranteed: an entry may be seen a moment after its holder ended (`whereis` and a new `register` look through it),
and listeners may hear the changes of two actors in another order than they happened.
"""

import threading
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from supervision.errors import Fenced
from supervision.events import Event, EventHub
from supervision.keys import AlreadyRegistered, Entry, NotRegistered, Registered, RegistryError, Unregistered, strict
from supervision.locks import KeyLocks, ended
from supervision.messages import Down

if TYPE_CHECKING:
    from supervision.actor import Actor

Kind = Literal["unique", "duplicate"]
Predicate = Callable[[Any], bool]


@dataclass(slots=True)
class _Held:
    holder: "Actor"
    key: Any
    value: Any

    def entry(self) -> Entry:
        return Entry(self.key, self.holder.context.path, self.holder.context.incarnation, self.value)


class Registry:
    """`name` is for people; `listeners` hear `Registered` and `Unregistered`, in the actor's thread."""

    def __init__(self, name: str, kind: Kind = "unique", listeners: Iterable[Callable[[Event], None]] = ()) -> None:
        if kind not in ("unique", "duplicate"):
            raise RegistryError(f"{name}: keys are unique or duplicate, not {kind!r}", field="kind")
        self.name = name
        self.kind = kind
        self.events = EventHub()
        for listener in listeners:
            self.events.subscribe(listener)
        self._lock = threading.Lock()
        self._by_key: dict[Hashable, list[_Held]] = {}
        self._by_holder: dict[Actor, list[_Held]] = {}
        self._mutexes = KeyLocks()

    # --- an actor for itself, in its own thread ------------------------------------------------------

    def register(self, actor: "Actor", key: Hashable, value: Any = None) -> None:
        """Enter `actor` under `key` until it gives the key back or ends.

        Raises AlreadyRegistered (unique keys; the holder may be `actor` itself), Fenced when it was abandoned,
        RegistryError outside its thread.
        """
        _refuse_foreign(actor)
        with self._lock:
            living = self._living(key)
            if living is not None and self.kind == "unique":
                raise AlreadyRegistered(self.name, key, living.holder.context.path)
            self._watch(actor)
            if self.kind == "unique":
                self._drop(self._by_key.get(strict(key), ()))  # of an ended holder: its clean-up is on its way
            held = _Held(actor, key, value)
            self._by_key.setdefault(strict(key), []).append(held)
            self._by_holder[actor].append(held)
        path, incarnation = actor.context.path, actor.context.incarnation
        self.events.emit(Registered(path=path, incarnation=incarnation, registry=self.name, key=key, value=value))

    def unregister(self, actor: "Actor", key: Hashable) -> None:
        """Give back all entries of `actor` under `key`; none is fine. Raises RegistryError outside its thread."""
        self.unregister_match(actor, key, lambda value: True)

    def unregister_match(self, actor: "Actor", key: Hashable, predicate: Predicate) -> None:
        """Give back the entries of `actor` under `key` whose value fits; none fitting is fine."""
        _refuse_foreign(actor)
        gone = [held for held in self._held_by(actor, key) if predicate(held.value)]
        with self._lock:
            self._drop(gone)
        path, incarnation = actor.context.path, actor.context.incarnation
        for _ in gone:
            self.events.emit(Unregistered(path=path, incarnation=incarnation, registry=self.name, key=key))

    def update_value(self, actor: "Actor", key: Hashable, change: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Replace the value of the actor's own unique key by `change(value)`; answers (new, old).

        Raises NotRegistered; RegistryError for duplicate keys, or outside its thread.
        """
        _refuse_foreign(actor)
        if self.kind != "unique":
            raise RegistryError(f"{self.name}: values of duplicate keys cannot be updated", field="kind")
        mine = self._held_by(actor, key)
        if not mine:
            raise NotRegistered(f"{self.name}: {actor.context.path} does not hold {key!r}", field="key")
        old = mine[0].value
        mine[0].value = change(old)
        return mine[0].value, old

    # --- any thread ----------------------------------------------------------------------------------

    def lookup(self, key: Hashable) -> list[Entry]:
        """All entries under `key`, oldest first."""
        return self.match(key, lambda value: True)

    def whereis(self, key: Hashable) -> "Actor | None":
        """Who holds the unique `key` and lives. Raises RegistryError for duplicate keys."""
        if self.kind != "unique":
            raise RegistryError(f"{self.name}: only unique keys name an actor", field="kind")
        with self._lock:
            held = self._living(key)
        return None if held is None else held.holder

    def match(self, key: Hashable, predicate: Predicate) -> list[Entry]:
        """The entries under `key` whose value fits."""
        with self._lock:
            found = list(self._by_key.get(strict(key), ()))
        return [held.entry() for held in found if predicate(held.value)]

    def count_match(self, key: Hashable, predicate: Predicate) -> int:
        return len(self.match(key, predicate))

    def select(self, predicate: Callable[[Entry], bool] = lambda entry: True) -> list[Entry]:
        """All entries that fit, over all keys."""
        with self._lock:
            found = [held for slot in self._by_key.values() for held in slot]
        return [entry for entry in (held.entry() for held in found) if predicate(entry)]

    def count(self) -> int:
        """How many entries there are."""
        with self._lock:
            return sum(len(slot) for slot in self._by_key.values())

    def keys(self, actor: "Actor") -> list[Any]:
        """The keys of `actor`, oldest first; a duplicate one as often as it holds it."""
        with self._lock:
            return [held.key for held in self._by_holder.get(actor, ())]

    def values(self, actor: "Actor", key: Hashable) -> list[Any]:
        """What `actor` holds under `key`."""
        return [held.value for held in self._held_by(actor, key)]

    def dispatch(self, key: Hashable, callback: Callable[[list[Entry]], object]) -> None:
        """Call `callback` once, here and now, with the entries under `key`; not at all when there are none."""
        entries = self.lookup(key)
        if entries:
            callback(entries)

    def lock(self, key: Hashable, holder: "Actor | None" = None, timeout: float = 5.0) -> AbstractContextManager[None]:
        """Hold the mutex of `key`: first come, first served, apart from the entries, free again also on an error.

        A `holder` that is named loses it when it ends or is abandoned. Raises LockTimeout after `timeout` seconds.
        """
        return self._mutexes.held(strict(key), holder, timeout)

    # --- inside --------------------------------------------------------------------------------------

    def _living(self, key: Hashable) -> _Held | None:
        return next((held for held in self._by_key.get(strict(key), ()) if not ended(held.holder)), None)

    def _held_by(self, actor: "Actor", key: Hashable) -> list[_Held]:
        with self._lock:
            return [held for held in self._by_holder.get(actor, ()) if strict(held.key) == strict(key)]

    def _watch(self, actor: "Actor") -> None:
        if actor in self._by_holder:
            return
        if not actor.context.system.registry.watch(actor, lambda down: self._forget(actor, down)):
            raise Fenced(f"{actor.context.path} has ended or was abandoned; it can hold no key of {self.name}")
        self._by_holder[actor] = []

    def _forget(self, actor: "Actor", down: Down) -> None:
        with self._lock:
            self._drop(self._by_holder.get(actor, []))
            self._by_holder.pop(actor, None)

    def _drop(self, gone: Iterable[_Held]) -> None:
        """By identity, for two entries of a key may be equal."""
        for held in list(gone):
            slot, holder = strict(held.key), held.holder
            self._by_holder[holder] = [other for other in self._by_holder[holder] if other is not held]
            self._by_key[slot] = [other for other in self._by_key[slot] if other is not held]
            if not self._by_key[slot]:
                del self._by_key[slot]


def _refuse_foreign(actor: "Actor") -> None:
    if actor.thread is not threading.current_thread():
        raise RegistryError(f"only {actor.context.path} itself may do that, in its own thread")
