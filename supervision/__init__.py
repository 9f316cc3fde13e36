"""OTP for Pykka: actors whose every ending is known, supervisors that restart them, a tree readable while it burns.

Knows no broker and no mail. Start with `actor`, `spec` and `supervisor`; `launch` starts a tree, `tree` shows it.
"""

from supervision.actor import Actor, Ignore, Reply, Stop
from supervision.address import Address
from supervision.backoff import Backoff
from supervision.calls import (
    AlreadyPresent,
    AlreadyStarted,
    ChildCounts,
    CountChildren,
    DeleteChild,
    GetChildSpec,
    NotFound,
    NotStarted,
    RestartChild,
    Restarting,
    Running,
    StartChild,
    TerminateChild,
    WhichChild,
    WhichChildren,
)
from supervision.clock import Clock, SystemClock, Timer
from supervision.context import Context
from supervision.debug import Debug, Unresponsive
from supervision.dynamic import DynamicSupervisor, MaxChildren
from supervision.errors import (
    CallCycle,
    CallError,
    CallTimeout,
    ConfigError,
    Fenced,
    MailboxFull,
    NoProc,
    Refusal,
    RookeryError,
    SpecError,
    StartFailed,
)
from supervision.events import (
    ChildAbandoned,
    ChildExited,
    ChildParked,
    ChildStarted,
    ChildStopped,
    DeadLetter,
    Event,
    FaultInjected,
    LimitReached,
)
from supervision.faults import FaultRule, Faults
from supervision.instruments import DONE, NO_STATISTICS, CallbackFailed, MessageTraced, Passed
from supervision.keys import AlreadyRegistered, Entry, NotRegistered, Registered, RegistryError, Unregistered
from supervision.launch import Launched, launch
from supervision.messages import Down, Resume, Suspend
from supervision.partition import NoPartitions, Partitions, PartitionSupervisor, Resize
from supervision.reasons import KILLED, NORMAL, SHUTDOWN, Crashed, Killed, Normal, Reason, Shutdown
from supervision.registry import Registry
from supervision.simple import SimpleOneForOne, SimpleSupervisor, StartInstance
from supervision.spec import ChildSpec, check_childspec, check_childspecs
from supervision.stream import Exit, Ok
from supervision.supervisor import Supervisor
from supervision.system import Status, System
from supervision.task import Task, TaskFailed, TaskTimeout
from supervision.tasks import Tasks, TaskSupervisor
from supervision.tree import Row, State, Tree
from supervision.via import Via

__all__ = [
    "DONE", "KILLED", "NORMAL", "NO_STATISTICS", "SHUTDOWN", "Actor", "Address", "AlreadyPresent", "AlreadyRegistered",
    "AlreadyStarted", "Backoff", "CallCycle", "CallError", "CallTimeout", "CallbackFailed", "ChildAbandoned",
    "ChildCounts", "ChildExited", "ChildParked", "ChildSpec", "ChildStarted", "ChildStopped", "Clock", "ConfigError",
    "Context", "CountChildren", "Crashed", "DeadLetter", "Debug", "DeleteChild", "Down", "DynamicSupervisor", "Entry",
    "Event", "Exit", "FaultInjected", "FaultRule", "Faults", "Fenced", "GetChildSpec", "Ignore", "Killed", "Launched",
    "LimitReached", "MailboxFull", "MaxChildren", "MessageTraced", "NoPartitions", "NoProc", "Normal", "NotFound",
    "NotRegistered", "NotStarted", "Ok", "PartitionSupervisor", "Partitions", "Passed", "Reason", "Refusal",
    "Registered", "Registry", "RegistryError", "Reply", "Resize", "RestartChild", "Restarting", "Resume",
    "RookeryError", "Row", "Running", "Shutdown", "SimpleOneForOne", "SimpleSupervisor", "SpecError", "StartChild",
    "StartFailed", "StartInstance", "State", "Status", "Stop", "Supervisor", "Suspend", "System", "SystemClock", "Task",
    "TaskFailed", "TaskSupervisor", "TaskTimeout", "Tasks", "TerminateChild", "Timer", "Tree", "Unregistered",
    "Unresponsive", "Via", "WhichChild", "WhichChildren", "check_childspec", "check_childspecs", "launch",
]  # fmt: skip
