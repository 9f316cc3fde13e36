"""The producer of a pipeline that is fed by a queue of the broker, or by several in lanes.

Its consumers, actors beside it, one for each queue, cast it deliveries in lists; it hands on as many as the stages ask
for, as messages whose acknowledger settles with the consumer they came from. The rest waits here, bounded by the
consumers' prefetch: RabbitMQ is the buffer. Deliveries that need a look into the database first take the way through
the keeper.

Runs in its own thread and never waits. Not guaranteed: order, once something was sent back, and between lanes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.broker.message import Delivery
from actors.broker.port import Ack, Deliveries, Nack, Pause, Resume, Settlement
from actors.pipeline.acknowledger import NO_ACK
from actors.pipeline.connector.acknowledger import POSTPONE_SECONDS, BrokerAcknowledger, settle
from actors.pipeline.connector.flow import Flow
from actors.pipeline.connector.intake import Intake
from actors.pipeline.connector.messages import (
    CONNECTOR,
    CONSUMERS,
    KEEPER,
    RETRIER,
    Asker,
    BeginTrial,
    Checked,
    Closing,
    Idle,
    Inspect,
    Inspected,
    Ticket,
    TrialBegun,
    by_consumer,
)
from actors.pipeline.connector.metadata import metadata
from actors.pipeline.connector.source import BrokerSource
from actors.pipeline.connector.suspicion import is_known
from actors.pipeline.message import Message
from actors.pipeline.options import check
from actors.pipeline.plan import Plan
from actors.pipeline.producer import Producer
from actors.pipeline.queued import Queued
from actors.pipeline.stage.messages import Mode
from supervision import MailboxFull, NoProc, StartChild
from supervision.reasons import Reason
from supervision.spec import ChildSpec

#: A suspect waits no longer for the others to be done; it is sent back for a while.
SOLITUDE_SECONDS = 30.0
#: What was fetched before the pipeline was held may be wanted elsewhere.
HELD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Impatient:
    """To itself: a suspect has waited long enough."""


@dataclass(frozen=True, slots=True)
class GoBack:
    """To itself: what waits here while the pipeline stands still has been unacknowledged for long enough."""


class BrokerProducer(Producer):
    """Its one argument, `producer.args`, is the `BrokerSource`."""

    def __init__(self, plan: Plan, index: int, source: BrokerSource) -> None:
        super().__init__(plan, index)
        self.source = source
        self.counters = source.counters
        self.intake = Intake()
        #: Each consumer's session, by its path.
        self.epochs: dict[str, int] = {}
        self.draining = False
        self.held = False

    @classmethod
    def prepare_for_start(cls, options: Mapping[str, Any]) -> tuple[Sequence[ChildSpec], Mapping[str, Any]]:
        source: BrokerSource = check(options).producer.args[0]
        return (source.supervisor(),), options

    def on_start(self) -> None:
        super().on_start()
        system, path, number = self.context.system, self.context.path, self.index + 1
        connector = f"{self.plan.path}/{CONNECTOR}"
        self.options = self.source.options.of(number)
        self.asker = Asker(path, self.context.incarnation)
        consumers = f"{connector}/{CONSUMERS}"
        self.keeper = f"{connector}/{KEEPER}" if self.source.keeps else None
        self.flow = Flow(self._tell_idle)
        retrier, ordered = f"{connector}/{RETRIER}", self.options.ordered
        self.acknowledger = BrokerAcknowledger(system, self.flow, self.counters, self.keeper, retrier, ordered)
        specs = {f"{consumers}/{spec.id}": spec for spec in self.source.consumers(number, path, self.plan.options)}
        self.fetchers = tuple(specs)
        lanes = self.options.by_queue.values()
        self.intake = Intake(tuple(replace(lane, id=one) for lane, one in zip(lanes, specs, strict=True)))
        for consumer, spec in specs.items():
            if system.whereis(consumer) is None:
                self.cast(consumers, StartChild(spec))

    def receive(self, message: Any) -> Any:
        match message:
            case Deliveries():
                self._delivered(message.consumer, message.deliveries)
            case Inspected(asker=self.asker):
                self._admit_checked(message.checked)
            case TrialBegun(asker=self.asker):
                self._begin_trial(message.checked)
            case Inspected(checked=checked):
                self._release(checked)  # asked for by one who ended; the consumer has taken them back
            case TrialBegun(checked=checked):
                self._release([checked])
            case Idle():
                self.intake.alone = None
                self._feed()
            case Impatient():
                self._give_up_solitude()
            case GoBack():
                if self.held:
                    self._send_back(self.intake.clear(), POSTPONE_SECONDS)
            case _:
                return super().receive(message)

    def produce(self, count: int) -> None:
        self.intake.wanted += count
        self._feed()

    def set_demand_mode(self, mode: Mode) -> None:
        """While the pipeline stands still its consumers fetch nothing, and what waits here goes back in the end."""
        super().set_demand_mode(mode)
        if self.options.ordered:
            pass  # whoever reads on elsewhere would overtake what waits here
        elif mode == "accumulate":
            self._tell_consumers(Pause())
            if not self.held:
                self.send_after(HELD_SECONDS, GoBack())
        elif self.held and not self.draining:
            self._tell_consumers(Resume())
        self.held = mode == "accumulate"

    def prepare_for_draining(self) -> None:
        """Fetch nothing more, and work off what is here; only suspects go back."""
        self.draining = True
        if self.options.ordered:
            self._release(self.intake.clear())
            return
        self._tell_consumers(Pause())
        self._send_back(list(self.intake.suspects))
        self.intake.suspects.clear()
        self._emit(self.intake.clear())

    def queues(self) -> list[Queued]:
        return [*super().queues(), *self.intake.queues()]

    def terminate(self, reason: Reason) -> None:
        self._release(self.intake.clear())
        super().terminate(reason)

    # --- from the consumers to the intake ----------------------------------------------------------------------------

    def _delivered(self, consumer: str, deliveries: tuple[Delivery, ...]) -> None:
        self.counters.add("received", len(deliveries))
        self._forget_earlier_sessions(consumer, deliveries[0].tag.epoch)
        if self.draining:
            self._leave([Checked(one, consumer=consumer) for one in deliveries])
        elif self.options.no_ack:
            self._settle(consumer, Ack(tuple(one.tag for one in deliveries)))
            self._admit_checked([Checked(one, consumer=consumer) for one in deliveries])
        elif self.keeper is None:
            self._admit_checked([Checked(one, consumer=consumer) for one in deliveries])
        else:
            self._inspect(self.keeper, consumer, deliveries)

    def _inspect(self, keeper: str, consumer: str, deliveries: tuple[Delivery, ...]) -> None:
        """Ask about those that may be copies or suspects; who was never handed out is neither without a window."""
        asked = deliveries
        if self.options.window is None:
            asked = tuple(one for one in deliveries if is_known(one))
            self._admit_checked([Checked(one, consumer=consumer) for one in deliveries if not is_known(one)])
        if asked and not self._cast(keeper, Inspect(consumer, asked, self.asker)):
            self.counters.add("postponed", len(asked))
            self._settle(consumer, Nack(tuple(one.tag for one in asked), delay_seconds=POSTPONE_SECONDS))

    def _admit_checked(self, checked: Iterable[Checked]) -> None:
        checked = list(checked)
        stale = [one for one in checked if not self._is_current(one)]
        current = [one for one in checked if self._is_current(one)] if stale else checked
        self.counters.add("stale", len(stale))
        self._release(stale)
        if self.draining:
            self._leave(current)
            return
        waited = bool(self.intake.suspects)
        self.intake.add(current)
        if self.intake.suspects and not waited:
            self.send_after(SOLITUDE_SECONDS, Impatient())
        self._feed()

    def _is_current(self, checked: Checked) -> bool:
        return checked.delivery.tag.epoch == self.epochs.get(checked.consumer)

    def _forget_earlier_sessions(self, consumer: str, epoch: int) -> None:
        """After a reconnect the queue delivers again what waits here."""
        if epoch != self.epochs.get(consumer):
            self.epochs[consumer] = epoch
            stale = self.intake.drop_others(consumer, epoch)
            self.counters.add("stale", len(stale))
            self._release(stale)

    # --- from the intake to the stages -------------------------------------------------------------------------------

    def _feed(self) -> None:
        self._emit(self.intake.next())
        waits = self.intake.suspects and self.intake.alone is None and self.keeper is not None
        if waits and self.flow.await_idle():
            suspect = self.intake.next_suspect()
            if suspect is not None and self.keeper is not None:
                self.counters.add("alone")
                if not self._cast(self.keeper, BeginTrial(suspect.consumer, suspect, self.asker)):
                    self.intake.alone = None
                    self._send_back([suspect])

    def _begin_trial(self, suspect: Checked) -> None:
        if self.draining or not self._is_current(suspect):
            self.intake.alone = None
            self._send_back([suspect])
            return
        self._emit([suspect])
        if self.flow.await_idle():  # settled already
            self.intake.alone = None

    def _emit(self, checked: Sequence[Checked]) -> None:
        if checked:
            self.counters.add("emitted", len(checked))
            if not self.options.no_ack:
                self.flow.opened(len(checked))
            self.emit(self._received(checked))

    def _received(self, checked: Sequence[Checked]) -> list[Message]:
        """The messages that the stages get; what is the same for all is looked up once."""
        names, acknowledger = self.options.metadata, self.acknowledger
        success, failure = self.options.policies()
        if self.options.no_ack:
            nobody = (NO_ACK, None, None)
            return [
                Message(one.delivery.message.body, nobody, metadata(one.delivery, names, one.consumer))
                for one in checked
            ]
        return [
            Message(
                one.delivery.message.body,
                (acknowledger, one.consumer, Ticket(one.delivery, success, failure, one.claim, one.trial)),
                metadata(one.delivery, names, one.consumer),
                batch_mode="flush" if one.trial else "bulk",
            )
            for one in checked
        ]

    def _give_up_solitude(self) -> None:
        if self.intake.alone is None and self.intake.suspects:
            suspects = list(self.intake.suspects)
            self.intake.suspects.clear()
            self.counters.add("postponed", len(suspects))
            self._send_back(suspects, POSTPONE_SECONDS)
            self._feed()

    # --- small things ------------------------------------------------------------------------------------------------

    def _leave(self, checked: Sequence[Checked]) -> None:
        """What comes while the pipeline empties itself."""
        if self.options.ordered:
            self._release(checked)
        else:
            self._send_back(checked)

    def _send_back(self, checked: Sequence[Checked], delay_seconds: float = 0.0) -> None:
        for consumer, own in by_consumer(checked).items():
            tags = tuple(one.delivery.tag for one in own)
            self._put_down(consumer, own, (Nack(tags, delay_seconds=delay_seconds),))

    def _release(self, checked: Iterable[Checked]) -> None:
        """Their consumers have them back already; what is left is what the keeper wrote down."""
        for consumer, own in by_consumer(one for one in checked if one.claim or one.trial).items():
            self._put_down(consumer, own, ())

    def _put_down(self, consumer: str, checked: Sequence[Checked], settlements: tuple[Settlement, ...]) -> None:
        claims = tuple(one.claim for one in checked if one.claim)
        trials = tuple(one.trial for one in checked if one.trial)
        closing = Closing(consumer, settlements, released=claims, closed_trials=trials)
        if self.keeper is None or not closing.writes or not self._cast(self.keeper, closing):
            self._settle(consumer, *settlements)

    def _settle(self, consumer: str, *settlements: Settlement) -> None:
        settle(self.context.system, consumer, settlements, self.counters)

    def _tell_consumers(self, message: Pause | Resume) -> None:
        for consumer in self.fetchers:
            self._cast(consumer, message)

    def _cast(self, path: str, message: Any) -> bool:
        try:
            self.cast(path, message)
        except (NoProc, MailboxFull):
            return False
        return True

    def _tell_idle(self) -> None:
        """Called by whichever stage settled the last message."""
        self._cast(self.context.path, Idle())
