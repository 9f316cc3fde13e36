from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sign(_message.Message):
    __slots__ = ("root", "kind")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Sign.Kind]
        KIND_BEAT: _ClassVar[Sign.Kind]
        KIND_HELLO: _ClassVar[Sign.Kind]
        KIND_GOODBYE: _ClassVar[Sign.Kind]
    KIND_UNSPECIFIED: Sign.Kind
    KIND_BEAT: Sign.Kind
    KIND_HELLO: Sign.Kind
    KIND_GOODBYE: Sign.Kind
    ROOT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    root: Root
    kind: Sign.Kind
    def __init__(self, root: _Optional[_Union[Root, _Mapping]] = ..., kind: _Optional[_Union[Sign.Kind, str]] = ...) -> None: ...

class Root(_message.Message):
    __slots__ = ("id", "machine", "home", "pid", "started_at", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    MACHINE_FIELD_NUMBER: _ClassVar[int]
    HOME_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    machine: str
    home: str
    pid: int
    started_at: float
    version: str
    def __init__(self, id: _Optional[str] = ..., machine: _Optional[str] = ..., home: _Optional[str] = ..., pid: _Optional[int] = ..., started_at: _Optional[float] = ..., version: _Optional[str] = ...) -> None: ...

class GetTreeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Tree(_message.Message):
    __slots__ = ("home", "pid", "at", "processes", "supervisors", "restarts", "depth", "threads", "zombies", "rows", "root")
    HOME_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    PROCESSES_FIELD_NUMBER: _ClassVar[int]
    SUPERVISORS_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    ZOMBIES_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    home: str
    pid: int
    at: float
    processes: int
    supervisors: int
    restarts: int
    depth: int
    threads: int
    zombies: _containers.RepeatedCompositeFieldContainer[Zombie]
    rows: _containers.RepeatedCompositeFieldContainer[Row]
    root: Root
    def __init__(self, home: _Optional[str] = ..., pid: _Optional[int] = ..., at: _Optional[float] = ..., processes: _Optional[int] = ..., supervisors: _Optional[int] = ..., restarts: _Optional[int] = ..., depth: _Optional[int] = ..., threads: _Optional[int] = ..., zombies: _Optional[_Iterable[_Union[Zombie, _Mapping]]] = ..., rows: _Optional[_Iterable[_Union[Row, _Mapping]]] = ..., root: _Optional[_Union[Root, _Mapping]] = ...) -> None: ...

class Zombie(_message.Message):
    __slots__ = ("path", "incarnation", "since")
    PATH_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    path: str
    incarnation: int
    since: float
    def __init__(self, path: _Optional[str] = ..., incarnation: _Optional[int] = ..., since: _Optional[float] = ...) -> None: ...

class Row(_message.Message):
    __slots__ = ("path", "id", "parent", "type", "state", "incarnation", "restarts", "restarts_by_reason", "started_at", "last_reason", "last_exit_at", "next_retry_at", "pid", "budget", "budget_left", "mailbox", "handled", "suspended", "busy_seconds")
    class RestartsByReasonEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    PATH_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_BY_REASON_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_REASON_FIELD_NUMBER: _ClassVar[int]
    LAST_EXIT_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_RETRY_AT_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    BUDGET_LEFT_FIELD_NUMBER: _ClassVar[int]
    MAILBOX_FIELD_NUMBER: _ClassVar[int]
    HANDLED_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_FIELD_NUMBER: _ClassVar[int]
    BUSY_SECONDS_FIELD_NUMBER: _ClassVar[int]
    path: str
    id: str
    parent: str
    type: str
    state: str
    incarnation: int
    restarts: int
    restarts_by_reason: _containers.ScalarMap[str, int]
    started_at: float
    last_reason: str
    last_exit_at: float
    next_retry_at: float
    pid: int
    budget: Budget
    budget_left: int
    mailbox: Mailbox
    handled: float
    suspended: bool
    busy_seconds: float
    def __init__(self, path: _Optional[str] = ..., id: _Optional[str] = ..., parent: _Optional[str] = ..., type: _Optional[str] = ..., state: _Optional[str] = ..., incarnation: _Optional[int] = ..., restarts: _Optional[int] = ..., restarts_by_reason: _Optional[_Mapping[str, int]] = ..., started_at: _Optional[float] = ..., last_reason: _Optional[str] = ..., last_exit_at: _Optional[float] = ..., next_retry_at: _Optional[float] = ..., pid: _Optional[int] = ..., budget: _Optional[_Union[Budget, _Mapping]] = ..., budget_left: _Optional[int] = ..., mailbox: _Optional[_Union[Mailbox, _Mapping]] = ..., handled: _Optional[float] = ..., suspended: _Optional[bool] = ..., busy_seconds: _Optional[float] = ...) -> None: ...

class Budget(_message.Message):
    __slots__ = ("strategy", "intensity", "period_seconds")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    INTENSITY_FIELD_NUMBER: _ClassVar[int]
    PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    intensity: int
    period_seconds: float
    def __init__(self, strategy: _Optional[str] = ..., intensity: _Optional[int] = ..., period_seconds: _Optional[float] = ...) -> None: ...

class Mailbox(_message.Message):
    __slots__ = ("system", "user")
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    system: int
    user: int
    def __init__(self, system: _Optional[int] = ..., user: _Optional[int] = ...) -> None: ...
