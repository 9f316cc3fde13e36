"""The dispatcher's book of senders: one batch each, and nobody mistaken for an earlier incarnation."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from apps.email.handovers import Batch, Handovers


def batch(id, sender="/s1", incarnation=1, keys=("k",)):
    return Batch(id, sender, incarnation, dict.fromkeys(keys))


def test_a_sender_has_one_batch_at_a_time():
    book = Handovers()
    assert book.idle() is None
    assert book.announce("/s1", 1)
    assert book.idle() == ("/s1", 1)
    book.give(batch("b1"))
    assert book.idle() is None and book.in_hand("k")
    assert book.take_back("b1").id == "b1"
    assert book.idle() == ("/s1", 1) and not book.in_hand("k")


def test_announcing_twice_is_once():
    book = Handovers()
    assert book.announce("/s1", 1)
    assert not book.announce("/s1", 1)
    assert book.announce("/s1", 2)


def test_the_end_of_an_incarnation_gives_back_its_batch_even_after_the_next_announced_itself():
    book = Handovers()
    book.announce("/s1", 1)
    book.give(batch("b1"))
    book.announce("/s1", 2)
    assert book.idle() is None  # until it is clear what became of b1
    assert book.gone("/s1", 1).id == "b1"
    assert book.idle() == ("/s1", 2)


def test_a_stale_end_touches_nothing():
    book = Handovers()
    book.announce("/s1", 2)
    book.give(batch("b2", incarnation=2))
    assert book.gone("/s1", 1) is None
    assert book.in_hand("k")


def test_an_answer_that_nobody_waits_for_is_none():
    assert Handovers().take_back("b9") is None


class Book(RuleBasedStateMachine):
    """Whatever order announcements, answers and ends come in: a batch is taken back at most once, none is lost."""

    def __init__(self):
        super().__init__()
        self.book, self.given, self.back, self.alive, self.next = Handovers(), set(), [], {}, 0

    @rule(sender=st.sampled_from(["/s1", "/s2", "/s3"]))
    def start(self, sender):
        self.alive[sender] = self.alive.get(sender, 0) + 1
        self.book.announce(sender, self.alive[sender])

    @rule()
    def give(self):
        found = self.book.idle()
        if found is not None:
            self.next += 1
            self.book.give(batch(f"b{self.next}", *found, keys=(f"k{self.next}",)))
            self.given.add(f"b{self.next}")

    @rule(number=st.integers(1, 30))
    def answer(self, number):
        found = self.book.take_back(f"b{number}")
        self.back += [found.id] if found else []

    @rule(sender=st.sampled_from(["/s1", "/s2", "/s3"]), incarnation=st.integers(1, 5))
    def end(self, sender, incarnation):
        found = self.book.gone(sender, incarnation)
        self.back += [found.id] if found else []

    @invariant()
    def balanced(self):
        assert len(set(self.back)) == len(self.back)
        assert set(self.back) | set(self.book.batches) == self.given
        senders = [entry.sender for entry in self.book.batches.values()]
        assert len(set(senders)) == len(senders)


TestBook = Book.TestCase
