"""An actor's name in a `Registry`: for its child spec, so that it enters itself, and for others to reach it.

Elixir's `{:via, Registry, {registry, key, value}}`. Any thread.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supervision.address import call, cast
from supervision.calls import AlreadyStarted
from supervision.errors import NoProc
from supervision.keys import AlreadyRegistered, RegistryError
from supervision.registry import Registry

if TYPE_CHECKING:
    from supervision.actor import Actor


@dataclass(frozen=True, slots=True)
class Via:
    """The unique `key` of `registry`. As `ChildSpec.name` the child holds it, with `value`, from before its `on_start`.

    Raises RegistryError when it is made for duplicate keys.
    """

    registry: Registry
    key: Hashable
    value: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.registry.kind != "unique":
            raise RegistryError(f"{self.registry.name}: only unique keys name an actor", field="kind")

    def claim(self, actor: "Actor") -> None:
        """Called in the actor's thread at its start. Raises AlreadyStarted when somebody else has the name."""
        try:
            self.registry.register(actor, self.key, self.value)
        except AlreadyRegistered as taken:
            raise AlreadyStarted(str(taken), field="name") from taken

    @property
    def path(self) -> str:
        """The path of whoever has the name now. Raises NoProc."""
        return self._actor().context.path

    def cast(self, message: Any) -> None:
        """Send without waiting. Raises NoProc, MailboxFull."""
        actor = self._actor()
        cast(actor.context.system, actor.context.path, message)

    def call(self, message: Any, timeout: float = 5.0, caller: "Actor | None" = None) -> Any:
        """Ask and wait at most `timeout` seconds; raises as `supervision.address.call` does. Actors name themselves."""
        actor = self._actor()
        return call(actor.context.system, actor.context.path, message, timeout, caller)

    def _actor(self) -> "Actor":
        actor = self.registry.whereis(self.key)
        if actor is None:
            raise NoProc(f"{self.registry.name}: nobody is called {self.key!r}")
        return actor
