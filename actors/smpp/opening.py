"""From a list of hosts to a session that is bound: the first host that takes us (SMPP 3.4, section 2.2.1).

Runs in the thread of the bind, blocking it for a bounded time; `interrupt` ends it from any other.
"""

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


class Opening:
    """`connection` is the one in hand, and in the end the one that is bound. `early` came along with the answer."""

    def __init__(self, config: BindConfig, clock: Clock) -> None:
        self.connection = Connection()
        self.early: list[Event] = []
        self._config = config
        self._clock = clock
        self._interrupted = False

    def run(self) -> Session:
        """Raises ConnectFailed, BindRefused (CredentialsRefused when it is no use to try again)."""
        failures: list[SmppError] = []
        for place in self._config.hosts:
            try:
                return self._bind_to(place)
            except CredentialsRefused:
                self.connection.release()
                raise
            except SmppError as error:
                self.connection.release()
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        raise ConnectFailed("; ".join(str(failure) for failure in failures)) from failures[-1]

    def interrupt(self) -> None:
        """Any thread; final."""
        self._interrupted = True
        self.connection.interrupt()

    def _bind_to(self, place: str) -> Session:
        self.connection = connection = Connection()
        if self._interrupted:
            connection.interrupt()
        connection.open(place, self._config)
        session = Session(limits(self._config), self._now())
        events = session.bind(COMMANDS[self._config.bind], credentials(self._config), self._now())
        while (found := self._carry_out(events, place)) is None:
            events = self._turn(session, place)
        self.early = found
        return session

    def _turn(self, session: Session, place: str) -> list[Event]:
        try:
            frames = self.connection.turn(session.due() - self._now())
        except (LinkEnded, WrongPdu) as error:
            raise ConnectFailed(f"no answer to our bind from {place}: {error}") from error
        events = [event for frame in frames for event in session.receive(frame, self._now())]
        return events + session.tick(self._now())

    def _carry_out(self, events: list[Event], place: str) -> list[Event] | None:
        """What came after the answer that bound us; None: no answer yet."""
        for at, event in enumerate(events):
            match event:
                case Send(pdu):
                    self.connection.write(encode(pdu))
                case Bound():
                    return events[at + 1 :]
                case Refused(status):
                    error = CredentialsRefused if status in statuses.CREDENTIALS else BindRefused
                    raise error(f"{place} answers our bind with {statuses.code(status)}")
                case Ended(why):
                    raise BindRefused(f"{place} does not bind us: {why}")
        return None

    def _now(self) -> float:
        return self._clock.monotonic()


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
