import pytest
from sqlalchemy import Connection

from apps.people.audience import store
from apps.people.audience.query import EVERYBODY, Language, Signed
from apps.people.errors import Refused
from apps.people.upsert import upsert
from tests.apps.people.conftest import NOW, draft

READERS = [draft("ada@example.org", id="a", locale="en", time_zone="Europe/London"), draft("bo@example.org", id="b")]


def test_an_audience_is_kept_under_its_name_and_replaced(connection: Connection) -> None:
    store.keep(connection, "readers", Language(("en",)), NOW)
    store.keep(connection, "readers", Language(("pt",)), NOW)
    store.keep(connection, "all", EVERYBODY, NOW)
    assert [one.name for one in store.listed(connection)] == ["all", "readers"]
    assert store.named(connection, "readers").query == Language(("pt",))
    store.forget(connection, "readers")
    with pytest.raises(store.NoSuchAudience):
        store.forget(connection, "readers")


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 101])
def test_a_name_that_no_line_can_show_is_refused(connection: Connection, name: str) -> None:
    with pytest.raises(Refused):
        store.keep(connection, name, EVERYBODY, NOW)


def test_signatures_count_once_and_make_an_audience(connection: Connection) -> None:
    upsert(connection, READERS, NOW)
    assert store.sign(connection, "trees", ["a", "b", "a"], NOW) == 2
    assert store.sign(connection, "trees", ["b"], NOW) == 0
    assert store.count(connection, Signed("trees")) == 2
    assert store.count(connection, Signed("bus")) == 0
    assert store.count_by_zone(connection, EVERYBODY) == {"Europe/London": 1, None: 1}
