"""Signs of life: how they travel, and what one root knows from those of the others. Values only; any thread."""

from collections.abc import Iterable
from dataclasses import dataclass

from actors.broker import Exchange, Message, Topology
from actors.rpc.wire import CONTENT_TYPE
from apps.contracts import roots_pb2 as messages
from supervision.config import Settings

#: Fanout: every root hears every sign, its own included.
ROOTS = Exchange("roots", "fanout")

BEAT, HELLO, GOODBYE = messages.Sign.KIND_BEAT, messages.Sign.KIND_HELLO, messages.Sign.KIND_GOODBYE


def queues(settings: Settings) -> Topology:
    """The exchange; each root brings its own queue."""
    return Topology(exchanges=(ROOTS,))


def sign_message(root: messages.Root, kind: "messages.Sign.Kind") -> Message:
    sign = messages.Sign(root=root, kind=kind)
    type_name = sign.DESCRIPTOR.full_name
    return Message(
        sign.SerializeToString(), exchange=ROOTS.name, type=type_name, content_type=CONTENT_TYPE, persistent=False
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A root, and when its last sign was heard (seconds since the epoch, by our clock)."""

    root: messages.Root
    last_sign_at: float


class Roll:
    """The roots that gave a sign lately and did not say goodbye."""

    def __init__(self, forget_seconds: float) -> None:
        self.forget_seconds = forget_seconds
        self._seen: dict[str, Seen] = {}

    def hear(self, sign: messages.Sign, now: float) -> None:
        """A goodbye is not for the next root of that home, which may have begun already."""
        known = self._seen.get(sign.root.id)
        if sign.kind != GOODBYE:
            self._seen[sign.root.id] = Seen(sign.root, now)
        elif known is not None and known.root.started_at <= sign.root.started_at:
            del self._seen[sign.root.id]

    def present(self, now: float) -> Iterable[Seen]:
        """By machine and home; whoever has been silent for too long is forgotten."""
        self._seen = {id: seen for id, seen in self._seen.items() if now - seen.last_sign_at < self.forget_seconds}
        return sorted(self._seen.values(), key=lambda seen: (seen.root.machine, seen.root.home))
