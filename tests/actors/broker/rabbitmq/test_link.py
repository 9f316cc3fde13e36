"""Bytes as they come from the socket, in whatever pieces, become deliveries or go to pika."""

from typing import Any

import pika
from hypothesis import given
from hypothesis import strategies as st
from pika.adapters.select_connection import IOLoop
from pika.frame import Body, Heartbeat

from actors.broker.rabbitmq import frames
from actors.broker.rabbitmq.decoding import Content
from actors.broker.rabbitmq.link import Link


class Deaf(Link):
    """Does not connect; notes what pika would get."""

    def __init__(self) -> None:
        self.loop = IOLoop()
        self.pikas: list[Any] = []
        super().__init__(pika.ConnectionParameters(), custom_ioloop=self.loop, internal_connection_workflow=False)

    def _process_frame(self, frame_value: Any) -> None:
        self.pikas.append(frame_value)


def delivery(number: int, body: bytes) -> bytes:
    deliver = pika.frame.Method(1, pika.spec.Basic.Deliver("tag", number, False, "events", "user.created"))
    properties = b"".join(pika.BasicProperties(message_id=str(number)).encode())
    method: bytes = deliver.marshal()
    return method + b"".join(frames.content(1, properties, body, 64))


@given(st.lists(st.binary(max_size=150), min_size=1, max_size=6), st.data())
def test_however_the_stream_is_cut(bodies: list[bytes], data: st.DataObject) -> None:
    link, got = Deaf(), list[Content]()
    link.on_deliver[1] = got.append
    beat = Heartbeat().marshal()
    stream = b"".join(delivery(number, body) + beat for number, body in enumerate(bodies))
    try:
        while stream:
            size = data.draw(st.integers(1, len(stream)))
            link._on_data_available(stream[:size])
            stream = stream[size:]
    finally:
        link.loop.close()
    assert [content.body for content in got] == bodies
    assert [content.delivery_tag for content in got] == list(range(len(bodies)))
    assert len(link.pikas) == len(bodies)


def test_a_delivery_with_a_heartbeat_inside_is_left_to_pika_whole() -> None:
    link, got = Deaf(), list[Content]()
    link.on_deliver[1] = got.append
    whole = delivery(7, b"first" + bytes(100))
    first_body = whole.index(Body(1, b"first" + bytes(51)).marshal())
    try:
        link._on_data_available(whole[:first_body] + Heartbeat().marshal() + whole[first_body:])
    finally:
        link.loop.close()
    assert got == []
    assert [type(frame).__name__ for frame in link.pikas] == ["Method", "Header", "Heartbeat", "Body", "Body"]
