"""Reading profiles in batches, on both engines; ids that grow with time."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection

from actors.database.statements import BATCH
from apps.people.profile import by_id, new_id, profiles
from apps.people.upsert import upsert
from tests.apps.people.conftest import NOW, draft


def test_a_profile_comes_back_as_it_went_in(connection: Connection) -> None:
    said = {
        "name": "Zoë 🦜",
        "locale": "pt-BR",
        "time_zone": "America/Sao_Paulo",
        "attributes": {"tags": ["a", {"b": None}]},
    }
    upsert(connection, [draft("Zoe@Example.ORG", id="z-1", **said)], NOW)
    profile = profiles(connection, ["zoe@example.org"])["zoe@example.org"]
    assert by_id(connection, ["z-1"]) == {"z-1": profile}
    assert {name: getattr(profile, name) for name in said} == said
    assert (profile.address, profile.created_at, profile.updated_at) == ("Zoe@example.org", NOW, NOW)


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1])
def test_lists_of_any_length(connection: Connection, count: int) -> None:
    people = [draft(f"p{number}@example.org", id=str(number)) for number in range(count)]
    upsert(connection, people, NOW)
    keys = [person.address.key for person in people]
    assert set(profiles(connection, [*keys, *keys, "nobody@example.org"])) == set(keys)
    assert set(by_id(connection, [*map(str, range(count)), "nobody"])) == set(map(str, range(count)))


def test_ids_are_uuids_of_version_7_and_grow_with_time() -> None:
    earlier, later = new_id(NOW), new_id(NOW + timedelta(milliseconds=1))
    assert earlier < later
    assert UUID(earlier).version == 7
    assert UUID(earlier).variant == "specified in RFC 4122"
    assert UUID(earlier).int >> 80 == int(NOW.timestamp() * 1000)
