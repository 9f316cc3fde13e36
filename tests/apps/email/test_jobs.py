import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.jobs import Job, JobUnreadable, key_of
from apps.email.trace import Trace

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), text)
data = st.dictionaries(text, st.recursive(scalars, lambda inner: st.lists(inner, max_size=3)), max_size=4)
jobs = st.builds(
    Job,
    key=text,
    event_type=text,
    event_source=text,
    event_id=text,
    template=text,
    mail_class=st.sampled_from(["transactional", "bulk"]),
    person=text,
    address=text,
    name=text,
    locale=st.one_of(st.none(), text),
    rule_locale=st.one_of(st.none(), text),
    topic=st.one_of(st.none(), text),
    data=data,
    trace=st.builds(lambda facts: Trace().note("rule", facts=facts), data),
)


@given(jobs)
def test_a_job_travels_unchanged(job: Job) -> None:
    assert Job.from_json(job.to_json()) == job


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"schema": 1}', b'{"schema": 1, "trace": 3}'])
def test_what_is_no_job_is_refused(body: bytes) -> None:
    with pytest.raises(JobUnreadable):
        Job.from_json(body)


@given(jobs)
def test_a_job_of_another_schema_is_refused_by_its_number(job: Job) -> None:
    fields = json.loads(job.to_json()) | {"schema": 2}
    with pytest.raises(JobUnreadable, match="schema 2"):
        Job.from_json(json.dumps(fields).encode())


@given(jobs)
def test_a_job_with_an_unknown_field_is_refused(job: Job) -> None:
    fields = json.loads(job.to_json()) | {"colour": "red"}
    with pytest.raises(JobUnreadable):
        Job.from_json(json.dumps(fields).encode())


parts = st.tuples(text, text, text, text)


@given(parts, parts)
def test_keys_differ_exactly_where_the_parts_do(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert (key_of(*one) == key_of(*other)) == (one == other)


def test_parts_cannot_be_shifted_into_each_other() -> None:
    assert key_of("a|b", "c", "r", "p") != key_of("a", "b|c", "r", "p")


@given(parts)
def test_a_key_is_fit_for_a_message_id_and_never_changes(one: tuple[str, ...]) -> None:
    key = key_of(*one)
    assert len(key) == 40 and set(key) <= set("0123456789abcdef")
    # Written down, because keys in ledgers and queues outlive a version of this code.
    assert key_of("/shop", "e1", "password_reset", "ada@example.org") == "fcad22b72b8715f773a38013279a91e88c430c07"
