"""From a list of hosts to a session that is bound: the first host that takes us (SMPP 3.4, section 2.2.1).

Runs in the thread of the bind, blocking it for a bounded time; `interrupt` ends it from any other.
"""

from collections.abc import Callable
from dataclasses import dataclass

from actors.smpp import commands, statuses
from actors.smpp.commands import Command
from actors.smpp.config import BindConfig, BindType
from actors.smpp.connection import Connection
from actors.smpp.errors import BindRefused, ConnectFailed, CredentialsRefused, LinkEnded, SmppError, WrongPdu
from actors.smpp.events import Bound, Ended, Event, Refused, Send
from actors.smpp.fields import Value
from actors.smpp.pdu import encode
from actors.smpp.session import Limits, Session
from supervision import Clock

COMMANDS: dict[BindType, Command] = {
    BindType.TRANSMITTER: commands.BIND_TRANSMITTER,
    BindType.RECEIVER: commands.BIND_RECEIVER,
    BindType.TRANSCEIVER: commands.BIND_TRANSCEIVER,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """Bound. `early` are events that came along with the answer to our bind."""

    connection: Connection
    session: Session
    early: tuple[Event, ...]


class Opening:
    """Used once; holds the connection until `release`."""

    def __init__(self, config: BindConfig) -> None:
        self._config = config
        self._connection: Connection | None = None
        self._interrupted = False

    def run(self, clock: Clock) -> Opened:
        """Raises ConnectFailed, BindRefused (CredentialsRefused when it is no use to try again)."""
        failures: list[SmppError] = []
        for place in self._config.hosts:
            try:
                return self._bind_to(place, clock.monotonic)
            except CredentialsRefused:
                raise
            except SmppError as error:
                self.release()
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        raise ConnectFailed("; ".join(str(failure) for failure in failures)) from failures[-1]

    def interrupt(self) -> None:
        """Any thread; final."""
        self._interrupted = True
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def release(self) -> None:
        """Close what was opened. May be repeated."""
        if self._connection is not None:
            self._connection.release()

    def _bind_to(self, place: str, now: Callable[[], float]) -> Opened:
        self._connection = connection = Connection()
        if self._interrupted:
            connection.interrupt()
        connection.open(place, self._config)
        session = Session(limits(self._config), now())
        events = session.bind(COMMANDS[self._config.bind], credentials(self._config), now())
        while (early := _carry_out(events, connection, place)) is None:
            frames = _turn(connection, session.due() - now(), place)
            events = [event for frame in frames for event in session.receive(frame, now())] + session.tick(now())
        return Opened(connection, session, early)


def _turn(connection: Connection, seconds: float, place: str) -> list[bytes]:
    try:
        return connection.turn(seconds)
    except (LinkEnded, WrongPdu) as error:
        raise ConnectFailed(f"no answer to our bind from {place}: {error}") from error


def _carry_out(events: list[Event], connection: Connection, place: str) -> tuple[Event, ...] | None:
    """What came after the answer that bound us; None: no answer yet."""
    for at, event in enumerate(events):
        match event:
            case Send(pdu):
                connection.write(encode(pdu))
            case Bound():
                return tuple(events[at + 1 :])
            case Refused(status):
                error = CredentialsRefused if status in statuses.CREDENTIALS else BindRefused
                raise error(f"{place} answers our bind with {statuses.code(status)}")
            case Ended(why):
                raise BindRefused(f"{place} does not bind us: {why}")
    return None


def limits(config: BindConfig) -> Limits:
    seconds = config.seconds
    return Limits(config.window, config.inbound_window, seconds.response, seconds.idle, seconds.enquiry)


def credentials(config: BindConfig) -> dict[str, Value]:
    """The parameters of a bind. The password is said nowhere else."""
    return {
        "system_id": config.system_id,
        "password": config.password.get_secret_value(),
        "system_type": config.system_type,
        "interface_version": config.interface_version,
        "address_range": config.address_range,
    }
