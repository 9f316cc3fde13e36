import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.campaign.chunk import Chunk, ChunkUnreadable, chunk_of, chunks_in

NUMBERS = st.integers(min_value=1, max_value=2**31)


@given(st.builds(Chunk, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_a_chunk_comes_out_of_its_message_as_it_went_in(chunk: Chunk) -> None:
    assert Chunk.from_json(chunk.to_message().body) == chunk


@given(st.integers(min_value=0, max_value=5000), st.integers(min_value=1, max_value=500))
def test_the_chunks_of_an_audience_hold_everybody_once(targeted: int, size: int) -> None:
    chunks = [chunk_of(7, number, size, targeted, 1) for number in range(1, chunks_in(targeted, size) + 1)]
    assert [position for chunk in chunks for position in range(chunk.first, chunk.last + 1)] == list(
        range(1, targeted + 1)
    )
    assert all(1 <= chunk.size <= size for chunk in chunks)


@pytest.mark.parametrize("number", [0, 3, -1])
def test_there_is_no_chunk_beyond_the_audience(number: int) -> None:
    with pytest.raises(ValueError, match="no chunk"):
        chunk_of(7, number, 500, 1000, 1)


@pytest.mark.parametrize(
    "change", [{"schema": 2}, {"first": "1"}, {"extra": 1}, {"last": None}, {"version": True}], ids=str
)
def test_another_schema_or_shape_is_refused(change: dict[str, object]) -> None:
    fields = json.loads(Chunk(1, 1, 1, 500, 1).to_json())
    with pytest.raises(ChunkUnreadable):
        Chunk.from_json(json.dumps({**fields, **change}).encode())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"null"])
def test_a_body_that_is_no_chunk_is_refused(body: bytes) -> None:
    with pytest.raises(ChunkUnreadable):
        Chunk.from_json(body)
