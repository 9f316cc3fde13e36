"""Adding and completing people, on both engines."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Connection, make_url

from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from apps.people import tables
from apps.people.profile import Draft, Profile, by_id, profiles
from apps.people.upsert import Conflict, Upserted, upsert
from tests.apps.people.conftest import NOW, draft

LATER = NOW + timedelta(days=1)


def only(connection: Connection) -> Profile:
    (profile,) = everybody(connection)
    return profile


def everybody(connection: Connection) -> list[Profile]:
    return [Profile(**row._mapping) for row in connection.execute(tables.profiles.select())]


def test_new_known_and_unchanged_people_are_told_apart(connection: Connection) -> None:
    assert upsert(connection, [draft("a@example.org", name="A")], NOW) == Upserted(1, 0, 0)
    people = [draft("a@example.org", name="A"), draft("b@example.org"), draft("A@EXAMPLE.org", locale="fr")]
    assert upsert(connection, people, LATER) == Upserted(inserted=1, updated=1, unchanged=1)


def test_what_is_not_said_stays(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", name="A", locale="fr", attributes={"x": 1, "y": 1})], NOW)
    upsert(connection, [draft("a@example.org", time_zone="Europe/Paris", attributes={"y": 2})], LATER)
    person = only(connection)
    assert (person.name, person.locale, person.time_zone) == ("A", "fr", "Europe/Paris")
    assert person.attributes == {"x": 1, "y": 2}
    assert (person.created_at, person.updated_at) == (NOW, LATER)


def test_nothing_new_is_not_an_update(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", name="A")], NOW)
    upsert(connection, [draft("a@example.org", name="A")], LATER)
    assert only(connection).updated_at == NOW


def test_the_same_person_twice_in_one_list(connection: Connection) -> None:
    done = upsert(connection, [draft("a@example.org", name="A"), draft("a@example.org", locale="fr")], NOW)
    assert (done.inserted, done.updated) == (1, 1)
    assert (only(connection).name, only(connection).locale) == ("A", "fr")


def test_an_id_with_a_new_address_is_a_person_who_moved(connection: Connection) -> None:
    upsert(connection, [draft("old@example.org", id="7", name="A")], NOW)
    assert upsert(connection, [draft("new@example.org", id="7")], LATER) == Upserted(0, 1, 0)
    person = only(connection)
    assert (person.id, person.key, person.name) == ("7", "new@example.org", "A")


def test_an_address_that_belongs_to_somebody_else_is_a_conflict(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", id="1"), draft("b@example.org", id="2")], NOW)
    done = upsert(connection, [draft("c@example.org"), draft("a@example.org", id="2", name="B")], LATER)
    assert done == Upserted(1, 0, 0, (Conflict(1, "belongs to person 1 already"),))
    assert by_id(connection, ["2"])["2"].key == "b@example.org"


def test_an_address_given_up_in_the_same_list_is_free(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", id="1"), draft("b@example.org", id="2")], NOW)
    moves = [
        draft("c@example.org", id="1"),
        draft("a@example.org", id="2"),
        draft("b@example.org", id="3"),
    ]
    assert upsert(connection, moves, LATER) == Upserted(1, 2, 0)
    assert {p.id: p.key for p in everybody(connection)} == {
        "1": "c@example.org",
        "2": "a@example.org",
        "3": "b@example.org",
    }


def test_people_who_swap_their_addresses(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", id="1"), draft("b@example.org", id="2")], NOW)
    swap = [draft("c@example.org", id="1"), draft("a@example.org", id="2"), draft("b@example.org", id="1")]
    assert upsert(connection, swap, LATER) == Upserted(0, 3, 0)
    assert {p.id: p.key for p in everybody(connection)} == {"1": "b@example.org", "2": "a@example.org"}


def test_a_new_person_may_move_at_once(connection: Connection) -> None:
    moves = [draft("a@example.org", id="1"), draft("b@example.org", id="1"), draft("a@example.org", id="2")]
    assert upsert(connection, moves, NOW) == Upserted(2, 1, 0)
    assert {p.id: p.key for p in everybody(connection)} == {"1": "b@example.org", "2": "a@example.org"}


def test_a_dry_run_tells_the_same_and_keeps_nothing(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", id="1")], NOW)
    people = [draft("a@example.org", name="A"), draft("b@example.org"), draft("a@example.org", id="9")]
    before = everybody(connection)
    foretold = upsert(connection, people, LATER, dry_run=True)
    assert everybody(connection) == before
    assert upsert(connection, people, LATER) == foretold


def test_long_lists_keep_the_place_of_a_conflict(connection: Connection) -> None:
    upsert(connection, [draft("a@example.org", id="1")], NOW)
    people = [draft(f"p{number}@example.org") for number in range(700)] + [draft("a@example.org", id="2")]
    assert upsert(connection, people, LATER) == Upserted(700, 0, 0, (Conflict(700, "belongs to person 1 already"),))


def test_imports_that_run_at_the_same_time_agree(database_url: URL) -> None:
    engine = open_engine(database_url, DatabaseConfig())
    together = threading.Barrier(4, timeout=10)
    with engine.begin() as connection:
        tables.METADATA.create_all(connection)

    def import_all(number: int) -> None:
        people = [draft(f"p{one}@example.org", attributes={str(number): one}) for one in range(200)]
        random.Random(number).shuffle(people)
        together.wait()
        for start in range(0, 200, 50):
            with engine.begin() as connection:
                upsert(connection, people[start : start + 50], NOW)

    try:
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(import_all, number) for number in range(4)]:
                done.result(timeout=30)
        with engine.begin() as connection:
            kept = everybody(connection)
        assert len(kept) == 200
        assert all(person.attributes.keys() == {"0", "1", "2", "3"} for person in kept)  # nothing was written back
    finally:
        engine.dispose()


PEOPLE = st.lists(
    st.builds(
        draft,
        st.sampled_from([f"{name}@example.org" for name in "abcd"]),
        id=st.sampled_from([None, "1", "2", "3"]),
        name=st.sampled_from([None, "A", "B"]),
    ),
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(PEOPLE, PEOPLE)
def test_any_lists_of_people(tmp_path_factory, first: list[Draft], second: list[Draft]) -> None:
    """Every draft is accounted for, ids and addresses stay unique, and a second import of the same changes nothing."""
    engine = open_engine(make_url(f"sqlite:///{tmp_path_factory.mktemp('people')}/x.sqlite"), DatabaseConfig())
    try:
        with engine.begin() as connection:
            tables.METADATA.create_all(connection)
            for people in (first, second):
                done = upsert(connection, people, NOW)
                assert done.inserted + done.updated + done.unchanged + len(done.conflicts) == len(people)
            kept = everybody(connection)
            assert len({p.key for p in kept}) == len({p.id for p in kept}) == len(kept)
            assert profiles(connection, [p.key for p in kept]) == {p.key: p for p in kept}
    finally:
        engine.dispose()
