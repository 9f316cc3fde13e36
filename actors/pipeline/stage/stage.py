"""The stage actor: producer, producer-consumer or consumer of events, with demand flowing up and events flowing down.

A stage that overrides `handle_events` consumes; one that overrides `handle_demand`, or is given a dispatcher, produces.
What is decided is decided in `inlet` and `outlet`; the actor, whose two sides are `consuming` and `producing`, carries
it out in its own thread.

Between stages there are only casts. Events that find nobody go back to where they came from. A stage that breaks the
protocol is answered with a cancel and a reason, and nobody dies of it.

Not guaranteed: that events cast to a consumer that dies before it works them come back. They are in its `take_held`.
"""

from typing import Any, Literal

from actors.pipeline.stage.buffer import Buffer, Keep
from actors.pipeline.stage.consuming import Consuming, Gone
from actors.pipeline.stage.dispatch import Delivery, DemandDispatcher, Dispatcher
from actors.pipeline.stage.errors import StageError
from actors.pipeline.stage.messages import (
    Ask,
    Cancel,
    Cancelled,
    CountBuffered,
    Events,
    Info,
    Mode,
    SetDemandMode,
    Subscribe,
    SubscribeTo,
    events_in,
)
from actors.pipeline.stage.outlet import Discard, Outlet
from actors.pipeline.stage.peer import Refill, Resend, Work
from actors.pipeline.stage.producing import Producing
from supervision.messages import Down

#: Events a producer keeps for which nobody has asked; a producer-consumer works only on demand and needs no bound.
BUFFER_SIZE = 10_000


class Stage(Producing, Consuming):
    """Override its hooks, all called `handle_...`; everything else is there to be called from the stage's own thread.

    Args:
        dispatcher: who gets which events; a producer's default is a `DemandDispatcher`.
        buffer_size: events kept while nobody asks for them; None for no bound. By default 10,000 for a producer and
            no bound for a producer-consumer, which works its input only on demand.
        buffer_keep: which ones stay when there are more: the `first` or the `last`.
        demand_mode: `accumulate` holds demand and events back until `set_demand_mode("forward")`.

    Raises:
        StageError: it could do nothing, or an option is out of range.
    """

    def __init__(
        self,
        *,
        dispatcher: Dispatcher | None = None,
        buffer_size: int | Literal["default"] | None = "default",
        buffer_keep: Keep = "last",
        demand_mode: Mode = "forward",
    ) -> None:
        super().__init__()
        asks_for_more = type(self).handle_demand is not Producing.handle_demand
        if dispatcher is not None or asks_for_more:
            size = (None if self.consumes else BUFFER_SIZE) if buffer_size == "default" else buffer_size
            buffer = Buffer(size, buffer_keep)
            self.outlet = Outlet(dispatcher or DemandDispatcher(), buffer, demand_mode, asks_for_more)
        elif not self.consumes:
            raise StageError(f"{type(self).__name__} overrides neither handle_demand nor handle_events")

    # --- to call -----------------------------------------------------------------------------------------------------

    def async_info(self, message: Any) -> None:
        """Queue `message` for `handle_info`, behind all events that wait here now."""
        if self.consumes:
            self.inlet.queue.append(Info(message))
            self._work_later()
        else:
            self._inform(message)

    def set_demand_mode(self, mode: Mode) -> None:
        """`accumulate` holds demand and events back; `forward` lets them go. Raises StageError for a mere consumer."""
        if self.outlet is None:
            raise StageError(f"{self.context.path} is a consumer; nobody asks it for anything")
        self._carry_out(self.outlet.set_mode(mode))
        self._demand_grew()

    def take_held(self) -> list[Any]:
        """All events that are in this stage, once: for `terminate`, to give them back to where they came from.

        A chunk whose work was cut short is among them as a whole, whatever became of its events already.
        """
        dealt = [event for step in self._steps if isinstance(step, Delivery | Discard) for event in step.events]
        held = [*self.in_hand, *self.inlet.clear(), *dealt, *events_in(self._post.clear()), *events_in(self.unhandled)]
        if self.outlet is not None:
            held += self.outlet.clear()
        self.in_hand, self.unhandled = [], []
        self._steps.clear()
        return held

    # --- messages ----------------------------------------------------------------------------------------------------

    def on_receive(self, message: Any) -> Any:
        match message:
            case Events():
                self._receive(message)
            case Ask(subscription, count):
                self._asked(subscription, count)
            case Work():
                self._notes.discard(Work)
                self._work()
            case Subscribe(subscription, terms):
                self._accept(subscription, terms)
            case Cancel():
                self._consumer_leaves(message)
            case Cancelled(subscription, reason):
                self._end(subscription, reason)
            case Down():
                self._unwatch(message)
                self._consumer_down(message)
                self._producer_down(message)
            case Gone():
                self._producer_gone(message)
            case Refill():
                self._refill()
            case Resend():
                self._resend()
            case _:
                return self._on_request(message)

    def _on_request(self, message: Any) -> Any:
        match message:
            case SubscribeTo(producer, terms):
                return self._subscribe_to(producer, terms)
            case Info(message=info):
                self.async_info(info)
            case SetDemandMode(mode):
                self.set_demand_mode(mode)
            case CountBuffered():
                return self.buffered()
            case _:
                super().on_receive(message)

    # --- between its two sides ---------------------------------------------------------------------------------------

    def _wanted_downstream(self) -> bool:
        return self.outlet is None or self.outlet.shortage() > 0

    def _demand_grew(self) -> None:
        self._work_later()
