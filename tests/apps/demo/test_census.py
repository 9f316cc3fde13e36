"""People are written once; what was changed about them since is left alone."""

from datetime import UTC, datetime

from actors.database import Database
from apps.demo import census
from apps.demo.world import PETITIONS, people, signed_by
from apps.people.audience.query import Signed
from apps.people.audience.store import meant
from apps.people.preference import prefer, preferences
from apps.people.profile import by_id
from tests.apps.demo.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_everybody_is_known_afterwards_with_what_they_want(world: World) -> None:
    database, crowd = Database(world.app.system), list(people(120, 5))
    assert census.register(database, crowd, NOW) == 120
    with database.read() as connection:
        known = by_id(connection, [person.id for person in crowd])
        said = preferences(connection, known)
    for person in crowd:
        profile = known[person.id]
        assert (profile.address, profile.locale, profile.time_zone) == (person.address, person.locale, person.time_zone)
    assert set(said) == {person.id for person in crowd if not person.wants_updates}
    assert all(wishes == {census.TOPIC: False} for wishes in said.values())


def test_the_second_time_nothing_is_written(world: World) -> None:
    database, crowd = Database(world.app.system), list(people(60, 5))
    census.register(database, crowd, NOW)
    silent = next(person for person in crowd if not person.wants_updates)
    with database.begin() as connection:
        prefer(connection, silent.id, census.TOPIC, wanted=True, now=NOW)
    assert census.register(database, crowd, NOW) == 0
    with database.read() as connection:
        assert preferences(connection, [silent.id]) == {silent.id: {census.TOPIC: True}}


def test_a_larger_world_adds_only_the_new_people(world: World) -> None:
    database = Database(world.app.system)
    census.register(database, list(people(10, 5)), NOW)
    assert census.register(database, list(people(25, 5)), NOW) == 15


def test_who_signed_a_petition_is_an_audience(world: World) -> None:
    database, crowd = Database(world.app.system), list(people(60, 5))
    census.register(database, crowd, NOW)
    with database.read() as connection:
        for petition in PETITIONS:
            signers = set(connection.scalars(meant(connection, Signed(petition.slug))))
            assert signers == {person.id for person in crowd if petition in signed_by(person)}
            assert all(petition.language in ("en", person.language) for person in crowd if person.id in signers)
    assert all(signed_by(person) for person in crowd)
