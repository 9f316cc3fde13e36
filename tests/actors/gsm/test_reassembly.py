"""Parts to texts: in any order, twice, contradicting each other, never to come."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.choice import USUAL, Policy
from actors.gsm.coding import Coding
from actors.gsm.decoding import data_coding
from actors.gsm.header import parse
from actors.gsm.national import Language
from actors.gsm.reassembly import Part, Reassembly, Whole
from actors.gsm.segments import split

KEY = ("+15550100", "12345")


def _parts(text: str, reference: int = 1, policy: Policy = USUAL) -> list[Part]:
    segmented = split(text, policy, reference)
    coding = data_coding(segmented.coding)
    found = []
    for segment in segmented.segments:
        header = parse(segment.udh)
        assert header.concatenation is not None
        found.append(Part(header.concatenation, coding, segment.body, header))
    return found


@given(st.text(min_size=200, max_size=600), st.text(min_size=200, max_size=600), st.data())
def test_two_texts_whose_parts_come_mixed_and_twice(one: str, other: str, data: st.DataObject) -> None:
    policy = Policy(substitute=False, languages=(Language.TURKISH,))
    sent = [(1, part) for part in _parts(one, 1, policy)] + [(2, part) for part in _parts(other, 2, policy)]
    order = data.draw(st.permutations(sent + sent))
    reassembly: Reassembly[int] = Reassembly()
    whole, duplicates = {}, 0
    for token, (text, part) in enumerate(order):
        added = reassembly.add(KEY, part, token, 0.0)
        duplicates += added.duplicate
        assert not added.given_up
        if added.whole is not None:
            assert text not in whole
            whole[text] = added.whole.text
    assert whole == {1: one, 2: other}
    assert duplicates == len(sent)
    assert len(reassembly) == 0


def test_tokens_come_in_the_order_of_the_parts() -> None:
    reassembly: Reassembly[str] = Reassembly()
    first, second, third = _parts("x" * 400)
    assert reassembly.add(KEY, third, "c", 0).whole is None
    assert reassembly.add(KEY, first, "a", 0).whole is None
    assert len(reassembly) == 1
    body = b"x" * 400
    assert reassembly.add(KEY, second, "b", 0).whole == Whole("x" * 400, body, ("a", "b", "c"))


def test_characters_that_a_sender_cut_in_two_are_read() -> None:
    first, second = _parts("ж" * 71)
    octets = ("ж" * 69 + "😀").encode("utf-16-be")
    reassembly: Reassembly[int] = Reassembly()
    reassembly.add(KEY, replace(first, body=octets[:-2]), 1, 0)
    added = reassembly.add(KEY, replace(second, body=octets[-2:]), 2, 0)
    assert added.whole is not None
    assert added.whole.text == "ж" * 69 + "😀"


def test_parts_in_different_codings_are_read_one_by_one() -> None:
    first, _ = _parts("a" * 161)
    _, second = _parts("ж" * 71)
    reassembly: Reassembly[int] = Reassembly()
    reassembly.add(KEY, first, 1, 0)
    added = reassembly.add(KEY, second, 2, 0)
    assert added.whole is not None
    assert added.whole.text == "a" * 153 + "ж" * 4


def test_octets_are_no_text() -> None:
    reassembly: Reassembly[int] = Reassembly()
    first, second = (replace(part, data_coding=data_coding(Coding.BINARY)) for part in _parts("a" * 161))
    reassembly.add(KEY, first, 1, 0)
    added = reassembly.add(KEY, second, 2, 0)
    assert added.whole is not None
    assert (added.whole.text, len(added.whole.body)) == (None, 161)


def test_a_reference_used_again_gives_the_old_text_up() -> None:
    reassembly: Reassembly[int] = Reassembly()
    reassembly.add(KEY, _parts("a" * 200)[0], 1, 0)
    added = reassembly.add(KEY, _parts("b" * 200)[0], 2, 1)
    (given_up,) = added.given_up
    assert (given_up.text, given_up.tokens, given_up.reason) == ("a" * 153, (1,), "its reference was used again")
    assert reassembly.add(KEY, _parts("b" * 200)[1], 3, 1).whole is not None


def test_a_reference_used_again_after_its_text_was_whole() -> None:
    reassembly: Reassembly[int] = Reassembly()
    for parts in (_parts("a" * 200), _parts("b" * 200)):
        added = [reassembly.add(KEY, part, 0, 0) for part in parts]
        assert added[-1].whole is not None
        assert not any(some.given_up for some in added)


def test_nobody_waits_for_ever() -> None:
    reassembly: Reassembly[int] = Reassembly(timeout_seconds=60)
    reassembly.add(KEY, _parts("a" * 200)[1], 1, 0)
    assert reassembly.expire(59) == ()
    (given_up,) = reassembly.expire(60)
    assert (given_up.text, given_up.total, given_up.reason) == ("a" * 47, 2, "parts were missing after 60 s")
    assert len(reassembly) == 0


def test_a_whole_text_is_forgotten_in_silence() -> None:
    reassembly: Reassembly[int] = Reassembly(timeout_seconds=60)
    for part in _parts("a" * 200):
        reassembly.add(KEY, part, 0, 0)
    assert reassembly.expire(60) == ()
    assert not reassembly.add(KEY, _parts("a" * 200)[0], 0, 61).duplicate


def test_the_oldest_makes_room() -> None:
    reassembly: Reassembly[int] = Reassembly(most=2)
    part = _parts("a" * 200)[0]
    given_up = [reassembly.add(number, part, number, 0).given_up for number in range(4)]
    assert [len(some) for some in given_up] == [0, 0, 1, 1]
    assert given_up[2][0].tokens == (0,)
    assert len(reassembly) == 2
