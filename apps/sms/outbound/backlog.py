"""What was read of the queue and waits for its turn: fair between leaders, in order within each conversation.

A plain book in memory; its authority's thread only. The rows stay `queued` in the database, so nothing is lost with it.
Lanes take turns (see `turns`); within a lane leaders do, by deficit round robin: each has the same number of segments,
whatever the length of its texts. Within a leader its numbers take turns, so that one at its limit stops no other. Texts
of one conversation leave one after the other: while one is under way, or held, those behind it are held too, and the
other texts of its flow overtake them. Times are monotonic seconds.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from apps.sms.outbound.texts import Conversation, Flow, Text
from apps.sms.outbound.turns import Turns
from apps.sms.states import Lane

#: Segments that a leader gets per round.
QUANTUM = 4


@dataclass(slots=True)
class Waiting:
    """One flow. `fresh` until it was read for the first time."""

    rows: deque[Text] = field(default_factory=deque)
    parked_until: float = 0.0
    fresh: bool = True


@dataclass(slots=True)
class Leader:
    """The flows of a leader in one lane, the next one first, and the segments it may still send in this round."""

    flows: deque[Flow] = field(default_factory=deque)
    deficit: int = 0


class Backlog:
    """All flows. `cost` says how many segments a text has."""

    def __init__(self, cost: Callable[[Text], int]) -> None:
        self._cost = cost
        self._turns = Turns()
        self._flows: dict[Flow, Waiting] = {}
        self._leaders: dict[Lane, dict[str, Leader]] = {lane: {} for lane in Lane}
        self._ring: dict[Lane, deque[str]] = {lane: deque() for lane in Lane}
        self._held: dict[Conversation, deque[Text]] = {}
        #: Conversations with a text under way, and those that wait until a moment.
        self._busy: set[Conversation] = set()
        self._busy_until: dict[Conversation, float] = {}
        self._kept: set[int] = set()

    def __len__(self) -> int:
        """Texts in memory."""
        return sum(len(waiting.rows) for waiting in self._flows.values()) + sum(map(len, self._held.values()))

    def __contains__(self, flow: Flow) -> bool:
        return flow in self._flows

    @property
    def flows(self) -> int:
        return len(self._flows)

    # --- what was read ------------------------------------------------------------------------------------------------

    def found(self, flow: Flow) -> None:
        """There is something in the database for it."""
        if flow in self._flows:
            return
        self._flows[flow] = Waiting()
        leaders = self._leaders[flow.lane]
        if flow.leader not in leaders:
            leaders[flow.leader] = Leader()
            self._ring[flow.lane].append(flow.leader)
        leaders[flow.leader].flows.append(flow)

    def hungry(self, now: float) -> list[Flow]:
        """Flows of which nothing is in memory, and which may send."""
        return [flow for flow, one in self._flows.items() if not one.rows and one.parked_until <= now]

    def is_fresh(self, flow: Flow) -> bool:
        """Whether nothing was read of it since it was found."""
        return self._flows[flow].fresh

    def put(self, flow: Flow, rows: Iterable[Text]) -> int:
        """What was read of a flow, in order; how many of them are new. A flow without any is forgotten."""
        new = [row for row in rows if row.id not in self._kept]
        waiting = self._flows[flow]
        waiting.fresh = False
        waiting.rows.extend(new)
        self._kept.update(row.id for row in new)
        if not waiting.rows:
            self._forget(flow)
        return len(new)

    def reread(self, text: Text) -> None:
        """It is queued again, before all that was read of its flow and that its conversation holds: forget those."""
        self.found(text.flow)
        rows = self._flows[text.flow].rows
        held = self._held.get(text.conversation, deque())
        self._kept.difference_update(one.id for one in (*rows, *held))
        rows.clear()
        held.clear()

    # --- whose turn it is ---------------------------------------------------------------------------------------------

    def next(self, now: float) -> Text | None:
        """The text whose turn it is; say what became of it by `sent`, `drop` or `park`, before the next is asked for.

        None when nothing in memory may be sent now.
        """
        self._release(now)
        for lane in self._turns.order([lane for lane in Lane if self._ring[lane]]):
            for leader in self._round(lane):
                if (text := self._of(lane, leader, now)) is not None:
                    return text
        return None

    def sent(self, text: Text) -> None:
        """It is under way: its conversation is busy until `settled`."""
        self._take(text)
        self._leaders[text.lane][text.leader].deficit -= self._cost(text)
        self._turns.gave(text.lane, [lane for lane in Lane if self._ring[lane]])
        self._busy.add(text.conversation)

    def drop(self, text: Text) -> None:
        """It will not be sent, or not from here."""
        self._take(text)

    def park(self, text: Text, until: float) -> None:
        """Its flow may not send before then."""
        self._flows[text.flow].parked_until = until

    def settled(self, conversation: Conversation, until: float = 0.0) -> None:
        """What was under way in it is known; nothing of it leaves before `until`."""
        self._busy.discard(conversation)
        if until > 0.0:
            self._busy_until[conversation] = until
        else:
            self._free(conversation)

    def silence(self, leader: str, member: str) -> list[Text]:
        """Forget the texts of this leader to this member; they are in the database."""
        gone: list[Text] = []
        for flow, waiting in self._flows.items():
            if flow.leader == leader:
                gone += [text for text in waiting.rows if text.member == member]
        for text in gone:
            self._take(text)
        return gone

    def opens_at(self, now: float) -> float | None:
        """When something that is in memory and parked may be sent; None if nothing is."""
        moments = [one.parked_until for one in self._flows.values() if one.parked_until > now]
        moments += [until for until in self._busy_until.values() if until > now]
        return min(moments, default=None)

    # --- within -------------------------------------------------------------------------------------------------------

    def _round(self, lane: Lane) -> Iterator[str]:
        """Each leader of the lane, the next one first; twice, because in the first round it may only get its share."""
        ring = self._ring[lane]
        for _ in range(2 * len(ring)):
            leader = ring[0]
            yield leader
            # Nothing came of it: the turn is the next one's.
            ring.rotate(-1)

    def _of(self, lane: Lane, leader: str, now: float) -> Text | None:
        """The head of one of its flows, if it is allowed so many segments in this round."""
        one = self._leaders[lane][leader]
        for _ in range(len(one.flows)):
            text = self._head(self._flows[one.flows[0]], now)
            if text is not None:
                if one.deficit >= self._cost(text):
                    return text
                # Its turn is over until the others had theirs.
                one.deficit += QUANTUM * max(1, -(-self._cost(text) // QUANTUM))
                return None
            one.flows.rotate(-1)
        one.deficit = 0
        return None

    def _head(self, waiting: Waiting, now: float) -> Text | None:
        if waiting.parked_until > now:
            return None
        while waiting.rows:
            text = waiting.rows[0]
            if text.conversation not in self._busy and text.conversation not in self._busy_until:
                return text
            self._held.setdefault(text.conversation, deque()).append(waiting.rows.popleft())
        return None

    def _release(self, now: float) -> None:
        for conversation in [one for one, until in self._busy_until.items() if until <= now]:
            del self._busy_until[conversation]
            self._free(conversation)

    def _free(self, conversation: Conversation) -> None:
        """What it held goes back to the front of its flow."""
        for text in reversed(self._held.pop(conversation, ())):
            self.found(text.flow)
            self._flows[text.flow].rows.appendleft(text)

    def _take(self, text: Text) -> None:
        self._flows[text.flow].rows.remove(text)
        self._kept.discard(text.id)

    def _forget(self, flow: Flow) -> None:
        self._kept.difference_update(text.id for text in self._flows.pop(flow).rows)
        leader = self._leaders[flow.lane][flow.leader]
        leader.flows.remove(flow)
        if not leader.flows:
            del self._leaders[flow.lane][flow.leader]
            self._ring[flow.lane].remove(flow.leader)
