"""One child many times over, and a key to choose among the copies, so that a single one is not the bottleneck.

Elixir's `PartitionSupervisor`. The copies are the children "0", "1", ... of a `PartitionSupervisor`; `Partitions` finds
the one for a key from any thread without asking anybody, so a copy that is restarted is found under the same number.

Not guaranteed: after `resize` a key may lead to another copy than before; what a copy knew stays with it.
"""

import os
import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Unpack
from uuid import UUID

from supervision.address import Address
from supervision.calls import ChildCounts, CountChildren
from supervision.errors import NoProc, SpecError
from supervision.spec import ChildSpec, Flags, Options, check_childspec, supervisor_spec
from supervision.supervisor import Supervisor

if TYPE_CHECKING:
    from supervision.system import System

#: From the child's arguments and the number of the partition to the arguments of that copy.
WithArguments = Callable[[tuple[Any, ...], int], tuple[Any, ...]]

_STABLE = (str, bytes, float, bool, date, datetime, UUID, type(None))


class NoPartitions(NoProc):
    """There are zero partitions at present, so no key leads anywhere."""


def route(key: Hashable, partitions: int) -> int:
    """The partition of `key`, the same in every process: a whole number by its remainder, all else by a hash.

    Raises NoPartitions, SpecError for a key whose text form differs from process to process.
    """
    if partitions == 0:
        raise NoPartitions("there are zero partitions")
    if type(key) is int:
        return abs(key) % partitions
    _check_stable(key)
    return zlib.crc32(repr(key).encode("utf-8", "surrogatepass")) % partitions


def _check_stable(key: Hashable) -> None:
    """Python's own `hash` of a text differs in each process, and so does the `repr` of most objects."""
    if isinstance(key, tuple):
        for part in key:
            _check_stable(part)
    elif type(key) is not int and type(key) not in _STABLE:
        raise SpecError("invalid_key", key, "partitions are chosen by numbers, texts, dates, UUIDs or tuples of them")


@dataclass(frozen=True, slots=True)
class Resize:
    """Run `partitions` copies, 0 up to as many as there were at the start. Answers how many there were before."""

    partitions: int


class PartitionSupervisor(Supervisor):
    """One for one over equal children. A restart of its own brings back as many partitions as its spec says."""

    def __init__(self, flags: Flags, child: ChildSpec, partitions: int, with_arguments: WithArguments | None) -> None:
        if type(partitions) is not int or partitions < 1:
            raise SpecError("invalid_partitions", partitions, "must be a whole number >= 1", field="partitions")
        if flags.strategy != "one_for_one":
            raise SpecError("invalid_strategy", flags.strategy, "must be one_for_one", field="strategy")
        if flags.auto_shutdown != "never":
            message = "equal partitions do not shut their supervisor down"
            raise SpecError("invalid_auto_shutdown", flags.auto_shutdown, message, field="auto_shutdown")
        check_childspec(child)
        super().__init__(flags, [_copy(child, number, with_arguments) for number in range(partitions)])
        #: How many serve now. Written in the supervisor's thread, read in any.
        self.partitions = partitions

    @classmethod
    def spec(  # type: ignore[override]  # one child, not a list of them
        cls,
        id: str,
        child: ChildSpec,
        *,
        partitions: int | None = None,
        with_arguments: WithArguments | None = None,
        **options: Unpack[Options],
    ) -> ChildSpec:
        """The spec of `partitions` copies of `child`, one per core when not said; `childspec` are further fields."""
        count = (os.cpu_count() or 1) if partitions is None else partitions
        return supervisor_spec(id, cls, (child, count, with_arguments), options)

    def on_receive(self, message: Any) -> Any:
        return self.resize(message.partitions) if isinstance(message, Resize) else super().on_receive(message)

    def resize(self, partitions: int) -> int:
        """Stop the last ones, or start stopped ones again. A start that fails is told; those before it serve."""
        most, before = len(self.init_specs), self.partitions
        if type(partitions) is not int or not 0 <= partitions <= most:
            raise SpecError("invalid_partitions", partitions, f"must be between 0 and {most}", field="partitions")
        self.partitions = min(before, partitions)  # first, so that nobody is led to one that stops
        for number in reversed(range(partitions, before)):
            self.terminate_child(str(number))
        for number in range(before, partitions):
            self.restart_child(str(number))
            self.partitions = number + 1
        return before


def _copy(child: ChildSpec, number: int, with_arguments: WithArguments | None) -> ChildSpec:
    args = child.args if with_arguments is None else with_arguments(child.args, number)
    return replace(child, id=str(number), args=args)


@dataclass(frozen=True, slots=True)
class Partitions:
    """The copies under the `PartitionSupervisor` at `path`. Any thread. All methods raise NoProc."""

    system: "System"
    path: str

    def count(self) -> int:
        """How many serve now."""
        supervisor = self.system.registry.running(self.path)
        if not isinstance(supervisor, PartitionSupervisor):
            raise self.system.noproc(self.path) if supervisor is None else NoProc(f"{self.path} has no partitions")
        return supervisor.partitions

    def path_for(self, key: Hashable) -> str:
        """Where the copy for `key` runs, for an actor's `cast` and `call`. Raises NoPartitions, SpecError."""
        return f"{self.path}/{route(key, self.count())}"

    def address(self, key: Hashable) -> Address:
        """The copy for `key`, for code outside actors. Raises as `path_for` does."""
        return self.system.address(self.path_for(key))

    def paths(self) -> list[str]:
        """All copies that serve, by number."""
        return [f"{self.path}/{number}" for number in range(self.count())]

    def resize(self, partitions: int, timeout: float = 5.0) -> int:
        """See `Resize`; waits for the children that start or stop, at most `timeout` seconds. Not from an actor."""
        self.count()
        before: int = self.system.address(self.path).call(Resize(partitions), timeout)
        return before

    def count_children(self, timeout: float = 5.0) -> ChildCounts:
        """Specs, active and so on, stopped copies included. Not from an actor."""
        counts: ChildCounts = self.system.address(self.path).call(CountChildren(), timeout)
        return counts
