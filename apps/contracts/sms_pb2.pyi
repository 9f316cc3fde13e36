import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SendRequest(_message.Message):
    __slots__ = ("key", "leader", "to", "body", "lane")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    key: str
    leader: str
    to: str
    body: str
    lane: str
    def __init__(self, key: _Optional[str] = ..., leader: _Optional[str] = ..., to: _Optional[str] = ..., body: _Optional[str] = ..., lane: _Optional[str] = ...) -> None: ...

class StatusRequest(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    def __init__(self, key: _Optional[str] = ...) -> None: ...

class Text(_message.Message):
    __slots__ = ("key", "leader", "member", "direction", "body", "state", "reason", "segments", "carrier", "created_at", "changed_at")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LEADER_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    key: str
    leader: str
    member: str
    direction: str
    body: str
    state: str
    reason: str
    segments: int
    carrier: str
    created_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    def __init__(self, key: _Optional[str] = ..., leader: _Optional[str] = ..., member: _Optional[str] = ..., direction: _Optional[str] = ..., body: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., segments: _Optional[int] = ..., carrier: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FindMemberRequest(_message.Message):
    __slots__ = ("leader", "number")
    LEADER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    leader: str
    number: str
    def __init__(self, leader: _Optional[str] = ..., number: _Optional[str] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("leader", "number", "name", "state", "locale", "time_zone", "tags", "joined_at", "last_active_at")
    LEADER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    JOINED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    leader: str
    number: str
    name: str
    state: str
    locale: str
    time_zone: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    joined_at: _timestamp_pb2.Timestamp
    last_active_at: _timestamp_pb2.Timestamp
    def __init__(self, leader: _Optional[str] = ..., number: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[str] = ..., locale: _Optional[str] = ..., time_zone: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., joined_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_active_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InboundText(_message.Message):
    __slots__ = ("carrier", "id", "source", "destination", "body", "sent_at", "received_at")
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    id: str
    source: str
    destination: str
    body: str
    sent_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    def __init__(self, carrier: _Optional[str] = ..., id: _Optional[str] = ..., source: _Optional[str] = ..., destination: _Optional[str] = ..., body: _Optional[str] = ..., sent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InboundReceipt(_message.Message):
    __slots__ = ("carrier", "carrier_id", "state", "code", "opted_out", "at", "received_at")
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    CARRIER_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    OPTED_OUT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    carrier: str
    carrier_id: str
    state: str
    code: str
    opted_out: bool
    at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    def __init__(self, carrier: _Optional[str] = ..., carrier_id: _Optional[str] = ..., state: _Optional[str] = ..., code: _Optional[str] = ..., opted_out: _Optional[bool] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MemberChanged(_message.Message):
    __slots__ = ("leader", "number", "person", "state")
    LEADER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    leader: str
    number: str
    person: str
    state: str
    def __init__(self, leader: _Optional[str] = ..., number: _Optional[str] = ..., person: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...
