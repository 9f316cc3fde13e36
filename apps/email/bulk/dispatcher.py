"""The dispatcher of campaigns: chunks in, mails to the senders, everybody in a chunk accounted for before it is let go.

Runs in its own thread. A chunk's people are read at once; then, window by window, mails are made ahead, claimed in one
transaction right before the hand-over, in which the last answers are settled too. A claim is won only while the send
runs, so a pause or a cancellation is exact: what is not claimed by then stays unclaimed, and goes back with its chunk.
Killed anywhere, a person is either not claimed (and the chunk comes back), or settled, or claimed by somebody who is
gone, which whoever gets the chunk next turns into a doubt. Bulk mail in doubt is not sent again by itself.
"""

import logging
from collections import Counter, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from actors.broker import Ack, Deliveries, Delivery, Reject, settle
from actors.database import Connection, Unavailable
from actors.smtp import Verdict
from apps.email.bulk.answers import Answer, answer, given_back, in_doubt
from apps.email.bulk.letters import Letters
from apps.email.bulk.shadow import letters_of
from apps.email.bulk.work import Arrival, Todo, Window, Work, to_do
from apps.email.campaign import chunks, mails, sends
from apps.email.campaign.chunk import Chunk, ChunkUnreadable
from apps.email.campaign.errors import NoSuchSend
from apps.email.campaign.mails import Claim
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState, SendState
from apps.email.config import Email
from apps.email.domains import domain_of
from apps.email.handovers import Batch
from apps.email.lane import Lane
from apps.email.letterhead.head import Letterhead
from apps.email.rulebook.limits import overruns_of
from apps.email.templates import open_templates
from apps.people.suppression import Why, suppress

logger = logging.getLogger(__name__)

#: A chunk is read while this many mails of others still wait, so that senders need not.
AHEAD = 200
#: Sends whose words are kept at hand.
MOST_SENDS = 8
GONE = "nobody has this id any more"
#: No mail goes out for these.
DECIDED = frozenset({MailState.FAILED, MailState.SUPPRESSED, MailState.SKIPPED})


Out = tuple[Work, Todo]


class ChunkDispatcher(Lane[Out]):
    """Subscriber of the consumer of chunks."""

    def __init__(self, config: Email, counts: Counter[MailState], letterhead: Letterhead | None = None) -> None:
        super().__init__(config, "campaign", counts)
        self.letterhead = letterhead
        self.templates = open_templates(config)
        self.arrived: dict[tuple[int, int], Arrival] = {}
        self.works: dict[tuple[int, int], Work] = {}
        self.answers: list[Answer] = []
        self._window: Window | None = None
        self._letters: dict[int, Letters] = {}

    @property
    def in_hand(self) -> int:
        """People of its chunks who are not settled; any thread, roughly."""
        return sum(len(work.todo) + work.out for work in list(self.works.values()))

    # --- what comes in ------------------------------------------------------------------------------------------------

    def take_in(self, message: Any) -> bool:
        if not isinstance(message, Deliveries):
            return False
        for delivery in message.deliveries:
            try:
                self._arrive(message.consumer, delivery)
            except ChunkUnreadable as error:
                settle(self, message.consumer, Reject((delivery.tag,), str(error)))
        return True

    def _arrive(self, consumer: str, delivery: Delivery) -> None:
        chunk = Chunk.from_json(delivery.message.body)
        arrival = Arrival(chunk, consumer, delivery.tag, delivery.redelivered)
        work = self.works.get(arrival.key)
        if work is None and (arrival.key not in self.arrived or delivery.redelivered):
            self.arrived[arrival.key] = arrival
        elif work is not None and delivery.redelivered:
            # The consumer started anew: this is the same delivery, and the old tag means nothing any more.
            work.arrival = arrival
        else:
            settle(self, consumer, Ack((delivery.tag,)))

    def answered(self, batch: Batch[Out], verdicts: Mapping[str, Verdict]) -> None:
        now = self._now()
        for id, (work, todo) in batch.items.items():
            if id in verdicts:
                self.answers.append(answer(work, todo, verdicts[id], self.config.retry, now))
            else:
                self.answers.append(in_doubt(work, todo, "the sender did not say"))

    def lost(self, batch: Batch[Out]) -> None:
        for work, todo in batch.items.values():
            if batch.started:
                self.answers.append(in_doubt(work, todo, f"{batch.sender} ended during the hand-over"))
            else:
                self.answers.append(given_back(work, todo, f"{batch.sender} ended before the hand-over"))

    # --- the work -----------------------------------------------------------------------------------------------------

    def work(self) -> None:
        while (window := self._next_window()) is not None:
            sender = self.handovers.idle() if window.mails else None
            if window.mails and sender is None:
                break
            self._claim(window, sender)
        self.settle_all()
        self._close()

    def _next_window(self) -> Window | None:
        """Made ahead, while the senders are busy."""
        if self._window is None:
            self._open()
            # Not just the first: its people may all be at domains that take nothing now.
            made = (self._make(work) for work in list(self.works.values()) if work.waits)
            self._window = next((window for window in made if window is not None), None)
        return self._window

    def _make(self, work: Work) -> Window | None:
        """None when nobody's domain takes a mail now."""
        taken = self._admitted(work)
        if not taken and not work.decided:
            return None
        window = Window(work, taken, work.decided)
        work.decided = []
        at = self.context.system.clock.time()
        for todo in window.todo:
            claim, mail = work.letters.write(todo.recipient, at)
            window.claims.append(claim)
            if mail is not None:
                window.mails[claim.person_id] = todo, mail
        return window

    def _admitted(self, work: Work) -> list[Todo]:
        """The next people whose domains take mails now; the others come later, and are not forgotten meanwhile."""
        taken = work.take(self.config.window)
        waits = self.domains.admit(
            [domain_of(todo.recipient.address) for todo in taken], self.context.system.clock.monotonic()
        )
        if not any(waits):
            return taken
        work.put_off([todo for todo, wait in zip(taken, waits, strict=True) if wait])
        self.go_on_later()
        return [todo for todo, wait in zip(taken, waits, strict=True) if not wait]

    def _claim(self, window: Window, sender: tuple[str, int] | None) -> None:
        """Settle what was answered, and take the window: in one transaction, right before the hand-over."""
        work = window.work
        self.check_fence()
        try:
            with self.database.begin() as conn:
                self._write(conn)
                made = [todo.recipient for todo, _ in window.mails.values()]
                window.withhold(overruns_of(conn, work.send, made, self.context.system.clock.time()))
                won = mails.claim(conn, work.send, window.claims, self.claimant, self._now())
                held = not won and sends.state_of(conn, work.send.id)[0] is not SendState.RUNNING
        except Unavailable as error:
            if error.may_have_happened:
                # Nobody knows whether they are claimed. Surely nothing was handed over: so they are given back.
                self._window = None
                work.decided += [claim for claim in window.claims if claim.state in DECIDED]
                self.answers += [given_back(work, todo, "the claim was not confirmed") for todo in window.todo]
            raise
        self._window = None
        self._written()
        if held:
            work.give_back(window.todo)
            work.hold()
            return
        chosen = {id: entry for id, entry in window.mails.items() if id in won}
        # Those who get no mail, and those whom somebody else has, are not ours any more.
        work.out -= len(window.todo) - len(chosen)
        self.counts.update(one.state for one in window.claims if one.state in DECIDED and one.person_id in won)
        if chosen and sender is not None:
            items = {id: (work, todo) for id, (todo, _) in chosen.items()}
            self.hand_over(*sender, items, [mail for _, mail in chosen.values()])

    # --- chunks -------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Read the next chunk when few people are left to do."""
        while self.arrived and sum(len(work.todo) for work in self.works.values()) < AHEAD:
            arrival = next(iter(self.arrived.values()))
            try:
                work = self._read(arrival)
            except NoSuchSend as error:
                settle(self, arrival.consumer, Reject((arrival.tag,), str(error)))
            else:
                if work is None:
                    self._return(arrival)
                else:
                    self.works[arrival.key] = work
            del self.arrived[arrival.key]

    def _read(self, arrival: Arrival) -> Work | None:
        """None when the send does not run. Raises NoSuchSend."""
        now = self._now()
        with self.database.read() as conn:
            state, version = sends.state_of(conn, arrival.chunk.send_id)
            if state is not SendState.RUNNING:
                return None
            letters = self._letters_of(conn, arrival.chunk.send_id, version)
        if arrival.redelivered:
            self._doubt(letters.send, arrival.chunk, now)
        with self.database.read() as conn:
            everybody, known = mails.people(conn, letters.send, arrival.chunk)
            rows = mails.mails(conn, letters.send, arrival.chunk)
        todo, gone = to_do(everybody, known, rows, now)
        return Work(arrival, letters, deque(todo), [Claim(id, None, MailState.SKIPPED, GONE) for id in gone])

    def _doubt(self, send: Send, chunk: Chunk, now: datetime) -> None:
        """The chunk came back from somebody: what they have claimed and not settled, nobody will tell about."""
        with self.database.begin() as conn:
            doubted = mails.doubt(conn, send, chunk, self.claimant, "whoever handed it over is gone", now)
        self.counts[MailState.IN_DOUBT] += doubted

    def _letters_of(self, conn: Connection, send_id: int, version: int) -> Letters:
        known = self._letters.pop(send_id, None)
        if known is None or known.send.version != version:
            known = letters_of(conn, sends.load(conn, send_id), self.config, self.templates, self.letterhead)
        self._letters[send_id] = known
        while len(self._letters) > MOST_SENDS:
            del self._letters[next(iter(self._letters))]
        return known

    def _close(self) -> None:
        """Let go of the chunks that are over. Not in the transaction of their last answers: of two dispatchers that end
        the same chunk at once, the later one must see what the other has written."""
        for work in [work for work in self.works.values() if self._is_over(work)]:
            if work.held:
                self._return(work.arrival)
            else:
                with self.database.begin() as conn:
                    chunks.chunk_done(conn, work.send, work.arrival.chunk, self._now())
                settle(self, work.arrival.consumer, Ack((work.arrival.tag,)))
            del self.works[work.arrival.key]

    def _return(self, arrival: Arrival) -> None:
        with self.database.begin() as conn:
            chunks.chunk_returned(conn, arrival.chunk, self._now())
        settle(self, arrival.consumer, Ack((arrival.tag,)))

    def _is_over(self, work: Work) -> bool:
        return work.over and (self._window is None or self._window.work is not work)

    # --- the books ----------------------------------------------------------------------------------------------------

    def settle_all(self) -> None:
        if self.answers:
            self.check_fence()
            with self.database.begin() as conn:
                self._write(conn)
            self._written()

    def _write(self, conn: Connection) -> None:
        """The answers so far; written twice they are the same."""
        now = self._now()
        by_send: dict[int, list[Answer]] = {}
        for one in self.answers:
            by_send.setdefault(one.work.send.id, []).append(one)
        for answers in by_send.values():
            mails.settle(conn, answers[0].work.send, [one.result for one in answers], self.claimant, now)
        for one in self.answers:
            if one.dead is not None:
                evidence = {"send": one.work.send.id, "reply": one.result.reply or one.result.reason or ""}
                suppress(conn, one.dead, Why.HARD_BOUNCE, now, evidence=evidence)

    def _written(self) -> None:
        again: dict[int, tuple[Work, list[Todo]]] = {}
        for one in self.answers:
            if one.again:
                again.setdefault(id(one.work), (one.work, []))[1].append(one.todo)
            else:
                one.work.out -= 1
                self.counts[one.result.state] += 1
        for work, todo in again.values():
            work.give_back([Todo(one.recipient, one.attempt + 1) for one in todo])
        self.answers = []

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.context.system.clock.time(), UTC)
