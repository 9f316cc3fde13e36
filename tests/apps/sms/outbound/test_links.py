"""The book of links."""

from actors.carrier.port import Accepted, LinkReady, Outcome
from apps.sms.limits import Charge
from apps.sms.outbound.links import Held, Link, Links
from tests.apps.sms.outbound.test_parcel import parcel

CHARGE = Charge((("number", "+1"),), 1)


def ready(
    links: Links, path: str, incarnation: int = 1, window: int = 2, carrier: str = "c"
) -> tuple[bool, list[Held]]:
    return links.ready(LinkReady(path, carrier, incarnation, window))


def give(link: Link, key: str) -> Held:
    held = Held(parcel(), 1, 5.0, CHARGE, 0)
    link.in_hand[key, 1] = held
    return held


def test_the_one_with_most_room_is_next_and_a_full_one_is_none() -> None:
    links = Links()
    ready(links, "/a")
    ready(links, "/b", window=3)
    ready(links, "/other", carrier="d", window=9)
    first = links.roomiest("c")
    assert first is not None and first.path == "/b" and links.window("c") == 5
    for number in range(5):
        link = links.roomiest("c")
        assert link is not None
        give(link, f"k{number}")
    assert links.roomiest("c") is None and links.in_hand("c") == 5 and len(list(links.all_in_hand("c"))) == 5


def test_outcomes_count_once_and_only_of_the_incarnation_that_has_the_piece() -> None:
    links = Links()
    ready(links, "/a")
    held = give(links.of("c")[0], "k")
    outcome = Outcome("k", 1, Accepted("x"))
    assert links.told("/a", 2, [outcome]) == []
    assert links.told("/a", 1, [outcome]) == [(held, outcome)]
    assert links.told("/a", 1, [outcome]) == []


def test_what_a_link_had_is_told_when_it_is_gone_or_comes_back_as_another() -> None:
    links = Links()
    assert ready(links, "/a") == (True, [])
    held = give(links.of("c")[0], "k")
    assert ready(links, "/a", window=7) == (False, []) and links.window("c") == 7
    assert ready(links, "/a", incarnation=2) == (True, [held])
    again = give(links.of("c")[0], "k")
    assert links.gone("/a", 1) == [] and links.gone("/a", 2) == [again] and links.gone("/a", 2) == []
    ready(links, "/a", incarnation=3)
    last = give(links.of("c")[0], "k")
    assert links.clear() == [last] and links.window("c") == 0
