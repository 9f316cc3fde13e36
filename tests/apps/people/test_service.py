"""What other services get and say, on both engines; the way there is tested with the calls themselves."""

import pytest

from apps.contracts import people_pb2 as messages
from apps.people.errors import NoSuchPerson, Refused
from apps.people.service import PeopleService
from tests.supervision.answering import Root


@pytest.fixture
def people(root: Root) -> PeopleService:
    fields = {"address": "Ada@example.org", "id": "ada", "name": "Ada", "locale": "fr"}
    root.call("people.import", rows=[{"line": 1, "fields": fields}])
    return PeopleService(root.site)


def test_find_by_address_and_by_id(people: PeopleService) -> None:
    found = people.Find(messages.FindRequest(who="ADA@example.org"))
    assert found == people.Find(messages.FindRequest(who="ada"))
    assert (found.profile.address, found.profile.name, found.profile.locale) == ("Ada@example.org", "Ada", "fr")
    assert found.profile.created_at.ToDatetime().year >= 2026
    assert found.profile.time_zone == ""


@pytest.mark.parametrize("who", ["nobody", "nobody@example.org"])
def test_nobody(people: PeopleService, who: str) -> None:
    with pytest.raises(NoSuchPerson):
        people.Find(messages.FindRequest(who=who))
    with pytest.raises(NoSuchPerson):
        people.GetPreferences(messages.FindRequest(who=who))


def test_many_at_once(people: PeopleService) -> None:
    found = people.FindMany(messages.FindManyRequest(addresses=["ada@example.org", "nobody@example.org"]))
    assert [profile.id for profile in found.profiles] == ["ada"]
    with pytest.raises(Refused, match="more than 500"):
        people.FindMany(messages.FindManyRequest(addresses=["ada@example.org"] * 501))


def test_suppression_is_found_with_the_person_and_without(people: PeopleService) -> None:
    for who in ("ada@example.org", "gone@example.org"):
        entry = people.Suppress(messages.SuppressRequest(address=who, reason=messages.REASON_COMPLAINT))
        assert (entry.key, entry.scope) == (who, "bulk")
        found = people.Find(messages.FindRequest(who=who))
        assert list(found.suppressions) == [entry]
        assert found.HasField("profile") == (who == "ada@example.org")


def test_a_suppression_needs_an_address_and_a_reason(people: PeopleService) -> None:
    with pytest.raises(Refused, match="reason"):
        people.Suppress(messages.SuppressRequest(address="ada@example.org"))
    with pytest.raises(Refused, match="address"):
        people.Suppress(messages.SuppressRequest(address="nonsense", reason=messages.REASON_MANUAL))


def test_preferences(people: PeopleService) -> None:
    request = messages.PreferRequest(who="ada", topic="petition_updates", wanted=False)
    said = people.Prefer(request)
    assert dict(said.preferences) == {"petition_updates": False}
    assert people.GetPreferences(messages.FindRequest(who="ada@example.org")) == said
