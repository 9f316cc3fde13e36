import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.cloudevents import BATCH, STRUCTURED, Event, from_http, from_json
from apps.email.errors import InvalidEvent, UnsupportedContent

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/shop",
    "type": "password_reset",
    "data": {"to": "ada@example.org"},
}
HEADERS = {"ce-specversion": "1.0", "ce-id": "e1", "ce-source": "/shop", "ce-type": "password_reset"}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=50)
events = st.builds(
    Event,
    id=visible,
    source=visible,
    type=visible,
    data=st.dictionaries(text, st.one_of(st.none(), text, st.integers(-(2**53), 2**53)), max_size=4),
    subject=st.one_of(st.none(), text),
    extensions=st.dictionaries(st.sampled_from(["tenant", "retry2"]), st.one_of(text, st.booleans())),
)


def body(**changes: Any) -> bytes:
    return json.dumps({key: value for key, value in (EVENT | changes).items() if value is not ...}).encode()


def refused(content_type: str, headers: dict[str, str], content: bytes) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as error:
        from_http(content_type, headers, content)
    return error.value


def test_the_structured_form() -> None:
    (found,) = from_http(f"{STRUCTURED}; charset=utf-8", {}, body(time="2026-11-22T05:00:00Z", tenant="a"))
    assert (found.id, found.source, found.type, found.data) == ("e1", "/shop", "password_reset", EVENT["data"])
    assert (found.time, found.extensions) == ("2026-11-22T05:00:00+00:00", {"tenant": "a"})


def test_the_binary_form_is_the_same_event() -> None:
    (found,) = from_http("application/json", HEADERS, json.dumps(EVENT["data"]).encode())
    assert found == from_json(body())


def test_what_a_header_cannot_carry_is_percent_encoded() -> None:
    (found,) = from_http("application/json", {**HEADERS, "ce-subject": "%E6%97%A5%20x"}, b"{}")
    assert found.subject == "日 x"


def test_a_batch_is_a_list() -> None:
    found = from_http(BATCH, {}, b"[" + body(id="a") + b"," + body(id="b") + b"]")
    assert [event.id for event in found] == ["a", "b"]
    assert from_http(BATCH, {}, b"[]") == []


def test_a_fault_in_a_batch_says_where() -> None:
    error = refused(BATCH, {}, b"[" + body() + b"," + body(id=...) + b"]")
    assert error.field == "[1].id"
    assert refused(BATCH, {}, b"{}").field == "(body)"
    assert refused(BATCH, {}, b"[3]").field == "[0]"


@given(events)
def test_an_event_travels_unchanged(event: Event) -> None:
    assert from_json(event.to_json()) == event


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": ...}, "id"),
        ({"id": ""}, "id"),
        ({"id": 3}, "id"),
        ({"source": ...}, "source"),
        ({"source": "a b"}, "source"),
        ({"type": ...}, "type"),
        ({"type": "a\r\nb"}, "type"),
        ({"type": "x" * 201}, "type"),
        ({"specversion": ...}, "specversion"),
        ({"specversion": "0.3"}, "specversion"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2026-11-22T05:00:00"}, "time"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"data": ...}, "data"),
        ({"data": "text"}, "data"),
        ({"data": []}, "data"),
    ],
)
def test_a_fault_names_its_attribute(changes: dict[str, Any], field: str) -> None:
    error = refused(STRUCTURED, {}, body(**changes))
    assert (error.field, error.status) == (field, 400)


@pytest.mark.parametrize("extension", [{"Tenant": "a"}, {"with-dash": "a"}, {"list": [1]}])
def test_extensions_are_small_plain_values(extension: dict[str, Any]) -> None:
    assert next(iter(extension)) in str(refused(STRUCTURED, {}, body(**extension)))


def test_a_missing_header_names_its_attribute() -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "ce-type"}
    assert refused("application/json", headers, b"{}").field == "type"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b'{"id": NaN}', b'{"id": Infinity}', b'{"id": "\\ud800"}'),
        *(b'{"data": ' * 100_000, b"[" * 100_000, b'{"id": ' + b"9" * 5000 + b"}"),
    ],
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    assert refused(STRUCTURED, {}, content).field == "(body)"


@given(st.binary(max_size=200))
def test_no_body_does_anything_but_parse_or_be_refused(content: bytes) -> None:
    with pytest.raises(InvalidEvent):
        from_http(STRUCTURED, {}, content)
    with pytest.raises(InvalidEvent):
        from_http("application/json", HEADERS, b"[" + content + b"]")


@pytest.mark.parametrize(
    ("content_type", "headers"), [("", {}), ("text/plain", {}), ("application/json", {}), ("text/plain", HEADERS)]
)
def test_another_content_type_is_415(content_type: str, headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedContent) as error:
        from_http(content_type, headers, body())
    assert (error.value.status, error.value.field) == (415, "Content-Type")
