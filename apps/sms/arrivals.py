"""Texts and receipts from carriers as messages in our queues. Pure; any thread.

A text that is an opt-out, help or opt-in word and nothing else goes where it overtakes all others; any other one to the
bucket of our number. Characters that no database stores are replaced, and nothing else is changed.
"""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from actors.broker import Message
from actors.carrier.port import Inbound, Receipt
from apps.contracts.sms_pb2 import InboundReceipt, InboundText
from apps.sms.optout import stands_alone
from apps.sms.queues import RECEIPTS, STOP, bucket_of

PROTOBUF = "application/protobuf"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def message_of(item: Inbound | Receipt, received_at: float, buckets: int) -> Message:
    """As it travels to its queue. `received_at` is seconds since the epoch."""
    return _receipt(item, received_at) if isinstance(item, Receipt) else _text(item, received_at, buckets)


def _text(item: Inbound, received_at: float, buckets: int) -> Message:
    text = storable(item.text)
    ours = item.destination.value
    body = InboundText(
        carrier=item.carrier,
        id=storable(item.id),
        source=item.source.value,
        destination=ours,
        body=text,
        sent_at=_timestamp(item.at),
        received_at=_timestamp(received_at),
    )
    queue = STOP if stands_alone(text) else bucket_of(ours, buckets)
    return _message(queue, body, f"{item.carrier}:{body.id}")


def _receipt(item: Receipt, received_at: float) -> Message:
    body = InboundReceipt(
        carrier=item.carrier,
        carrier_id=storable(item.carrier_id),
        state=item.state,
        code=storable(item.code),
        opted_out=item.opted_out,
        at=_timestamp(item.at),
        received_at=_timestamp(received_at),
    )
    return _message(RECEIPTS, body, f"{item.carrier}:{body.carrier_id}:{item.state}")


def _message(queue: str, body: InboundText | InboundReceipt, id: str) -> Message:
    type = body.DESCRIPTOR.full_name
    return Message(body.SerializeToString(), queue, content_type=PROTOBUF, message_id=id[:250], type=type)


def storable(text: str) -> str:
    """Without NUL, and with no half of a surrogate pair."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", REPLACEMENT).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _timestamp(at: datetime | float | None) -> Timestamp | None:
    if at is None:
        return None
    seconds = at.timestamp() if isinstance(at, datetime) else at
    whole = int(seconds // 1)
    return Timestamp(seconds=whole, nanos=int((seconds - whole) * 1e9))
