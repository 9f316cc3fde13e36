"""The checks of specs and flags, callable alone, tagged with OTP's names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import Actor, Backoff, ChildSpec, SpecError, check_childspec, check_childspecs
from supervision.reasons import NORMAL, SHUTDOWN, Crashed, Killed, Shutdown
from supervision.spec import Flags, check_flags


def spec(**fields):
    return ChildSpec(**{"id": "a", "actor": Actor, **fields})


@pytest.mark.parametrize(
    ("fields", "tag"),
    [
        ({"id": ""}, "invalid_id"),
        ({"id": "a/b"}, "invalid_id"),
        ({"actor": "no"}, "invalid_mfa"),
        ({"restart": "prmanent"}, "invalid_restart_type"),
        ({"shutdown": -10}, "invalid_shutdown"),
        ({"shutdown": "later"}, "invalid_shutdown"),
        ({"type": "wrker"}, "invalid_child_type"),
        ({"start": "maybe"}, "invalid_start"),
        ({"start_timeout": 0}, "invalid_start_timeout"),
    ],
)
def test_B4_a_bad_spec_is_refused_with_the_offending_value(fields, tag):
    with pytest.raises(SpecError) as caught:
        check_childspec(spec(**fields))
    assert caught.value.tag == tag
    assert caught.value.value == next(iter(fields.values()))


def test_B4_what_is_no_spec_at_all_is_refused():
    with pytest.raises(SpecError) as caught:
        check_childspecs(["nonsense"])  # type: ignore[list-item]
    assert caught.value.tag == "invalid_child_spec"


def test_B6_a_single_spec_instead_of_a_list_is_refused():
    with pytest.raises(SpecError) as caught:
        check_childspecs(spec())
    assert caught.value.tag == "badarg"


def test_B7_two_children_with_one_id_are_refused():
    with pytest.raises(SpecError) as caught:
        check_childspecs([spec(), spec()])
    assert (caught.value.tag, caught.value.value) == ("duplicate_child_name", "a")


@pytest.mark.parametrize(
    ("fields", "tag"),
    [
        ({"strategy": "one_for_two"}, "invalid_strategy"),
        ({"intensity": -1}, "invalid_intensity"),
        ({"intensity": True}, "invalid_intensity"),
        ({"period": 0}, "invalid_period"),
        ({"on_limit": "panic"}, "invalid_on_limit"),
    ],
)
def test_bad_flags_are_refused(fields, tag):
    with pytest.raises(SpecError) as caught:
        check_flags(Flags(**fields))
    assert caught.value.tag == tag


def test_B11_the_default_shutdown_is_five_seconds_for_workers_and_infinity_for_supervisors():
    assert spec().shutdown_seconds == 5.0
    assert spec(type="supervisor").shutdown_seconds is None
    assert spec(shutdown="brutal_kill").shutdown_seconds == 0.0
    assert spec(shutdown="infinity").shutdown_seconds is None


def test_eventual_children_always_have_a_backoff():
    assert spec().effective_backoff is None
    assert spec(start="eventual").effective_backoff.immediate == 0
    own = Backoff(min_seconds=3)
    assert spec(start="eventual", backoff=own).effective_backoff is own


CRASH = Crashed(ValueError("x"))


@pytest.mark.parametrize(
    ("restart", "reason", "restarts"),
    [
        *(("permanent", reason, True) for reason in (NORMAL, SHUTDOWN, Shutdown("x"), CRASH, Killed())),
        *(("transient", reason, False) for reason in (NORMAL, SHUTDOWN, Shutdown("x"))),
        *(("transient", reason, True) for reason in (CRASH, Killed())),
        *(("temporary", reason, False) for reason in (NORMAL, SHUTDOWN, CRASH, Killed())),
    ],
)
def test_restart_type_against_exit_reason(restart, reason, restarts):
    assert spec(restart=restart).restarts_after(reason) is restarts


FIELDS = {
    "id": (st.text("abc-_1", min_size=1), st.sampled_from(["", "a/b", None, 7])),
    "actor": (st.just(Actor), st.sampled_from(["no", None, 7])),
    "restart": (st.sampled_from(["permanent", "transient", "temporary"]), st.text().filter(lambda t: "t" not in t)),
    "shutdown": (
        st.none() | st.sampled_from(["brutal_kill", "infinity"]) | st.floats(0, 1e6),
        st.floats(max_value=-0.001, allow_nan=False) | st.sampled_from(["soon", True]),
    ),
    "type": (st.sampled_from(["worker", "supervisor"]), st.sampled_from(["wrker", "", None])),
    "start": (st.sampled_from(["required", "eventual"]), st.sampled_from(["maybe", "", None])),
    "start_timeout": (st.floats(0.001, 1e6), st.sampled_from([0, -1, "long", None, True])),
    "watchdog": (st.none() | st.floats(0.001, 1e6), st.sampled_from([0, -1, "long", True])),
}
GOOD = st.fixed_dictionaries({name: good for name, (good, _) in FIELDS.items()})


@given(GOOD)
def test_a_spec_of_good_fields_is_valid(fields):
    check_childspecs([ChildSpec(**fields)])


@given(GOOD, st.sampled_from(sorted(FIELDS)), st.data())
def test_one_bad_field_is_found_among_good_ones_and_named(fields, name, data):
    bad = data.draw(FIELDS[name][1])
    with pytest.raises(SpecError) as caught:
        check_childspec(ChildSpec(**{**fields, name: bad}))
    assert caught.value.field == name
    assert caught.value.value is bad
