"""A supervisor that starts one child per event: as many at once as it asked for, and no more.

GenStage's `ConsumerSupervisor`: a dynamic supervisor that gets its children by demand instead of by calls. A child
counts against the demand until it is forgotten, so also while it waits for a restart. Children outlive the producer of
their event, unless the subscription is a permanent one. Runs in its own thread.

Not guaranteed: that an event whose child crashed for good, or did not start, is worked; it is counted and logged.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

from actors.pipeline.stage.consuming import Consuming, Gone
from actors.pipeline.stage.inlet import Chunk
from actors.pipeline.stage.messages import Cancelled, Events, SubscribeTo, Subscription
from actors.pipeline.stage.peer import Resend, Work
from supervision.child import Child
from supervision.dynamic import DynamicSupervisor
from supervision.errors import Refusal, SpecError
from supervision.messages import Down
from supervision.spec import ChildSpec, Flags, Options, check_childspec, supervisor_spec


class ConsumerSupervisor(Consuming, DynamicSupervisor):
    """Start it through `ConsumerSupervisor.of(...)`."""

    mailbox_bound = Consuming.mailbox_bound

    def __init__(self, flags: Flags, template: ChildSpec, producers: Sequence[SubscribeTo]) -> None:
        check_childspec(template)
        if template.restart == "permanent":
            message = "a child that works one event is transient or temporary"
            raise SpecError("invalid_restart_type", template.restart, message, field="restart")
        super().__init__(flags)
        self.template = template
        self.sources = tuple(producers)
        self.works_for: dict[str, Subscription] = {}
        self._ids = itertools.count(1)

    @classmethod
    def of(cls, id: str, template: ChildSpec, *producers: SubscribeTo, **options: Unpack[Options]) -> ChildSpec:
        """Its spec. `template` is each child's, whose arguments the event follows; ids are counted from 1.

        Raises SpecError, when it starts, for a template that is not valid or permanent.
        """
        return supervisor_spec(id, cls, (template, producers), options)

    def on_start(self) -> None:
        super().on_start()
        for source in self.sources:
            self._subscribe_to(source.producer, source.terms)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Events():
                self._receive(message)
            case Work():
                self._notes.discard(Work)
                self._work()
            case Cancelled(subscription, reason):
                self._end(subscription, reason)
            case Gone():
                self._producer_gone(message)
            case Resend():
                self._resend()
            case SubscribeTo(producer, terms):
                return self._subscribe_to(producer, terms)
            case Down():
                self._unwatch(message)
                self._producer_down(message)
                super().on_receive(message)
            case _:
                return super().on_receive(message)

    def handle_events(self, events: list[Any], source: Subscription) -> None:
        for event in events:
            id = str(next(self._ids))
            self.works_for[id] = source
            try:
                self.start_child(replace(self.template, id=id, args=(*self.template.args, event)))
            except Refusal as refusal:
                self._discard([event], str(refusal))

    def _worked(self, chunk: Chunk) -> None:
        """Not yet: that is, when their children are forgotten."""

    def _forget(self, child: Child) -> None:
        super()._forget(child)
        source = self.works_for.pop(child.spec.id, None)
        if source is not None:
            super()._worked(Chunk(source, [child.spec.id]))
