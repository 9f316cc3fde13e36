"""The root supervisor's spec, composed from the records of the apps. Values and imports only; nothing is started.

Without nodes every app is a child of the root. With nodes, those that carry messages move into each of them, under the
same names: `/email` becomes `/nodes/node-1/email`, `/nodes/node-2/email` and so on.
"""

from collections.abc import Iterator

from supervision.app import App
from supervision.backoff import Backoff
from supervision.child import child_path
from supervision.config import Settings
from supervision.errors import ConfigError
from supervision.node import Node, Options
from supervision.spec import ChildSpec, check_childspec
from supervision.supervisor import Supervisor

#: The supervisor of the nodes.
NODES = "nodes"
#: A node that was lost is back at once; one that keeps dying waits longer each time.
NODE_BACKOFF = Backoff(min_seconds=0.1, max_seconds=5.0, stable_after_seconds=10.0)


def root_spec(settings: Settings) -> ChildSpec:
    """`/` with one child per app that has a supervisor, in the order of the list. Raises ConfigError, SpecError."""
    children: list[ChildSpec] = []
    for app in settings.apps:
        make = app.load("supervisor")
        if make is None:
            continue
        if settings.section("nodes").number == 0 or app.placement != "nodes":
            children.append(_checked(app.name, make(settings)))
        elif all(child.id != NODES for child in children):
            children.append(_nodes(settings))
    root = settings.section("root")
    return Supervisor.spec("root", children, intensity=root.intensity, period=root.period_seconds)


def _nodes(settings: Settings) -> ChildSpec:
    """`/nodes`, where the first app that moves into them would stand."""
    config = settings.section("nodes")
    options = Options(
        heartbeat_seconds=config.heartbeat_seconds,
        timeout_seconds=config.timeout_seconds,
        memory_limit_bytes=config.memory_limit_bytes,
        max_zombies=config.max_zombies,
        shutdown_seconds=config.shutdown_seconds,
        start_timeout_seconds=config.start_timeout_seconds,
        collectors=tuple(app.metrics for app in settings.apps if app.metrics and _measured_inside(app)),
        settings=settings,
    )
    children = [_node(settings, f"node-{number}", options) for number in range(1, config.number + 1)]
    return Supervisor.spec(NODES, children, intensity=20, period=10.0)


def _node(settings: Settings, id: str, options: Options) -> ChildSpec:
    """One node with what runs in each. It starts beside the root's other children, which need not wait for it."""
    inside = []
    for app in settings.apps:
        make = app.load("supervisor") if app.placement != "root" else None
        if make is not None:
            inside.append(_checked(app.name, make(settings)))
    root = settings.section("root")
    tree = Supervisor.spec(id, inside, intensity=root.intensity, period=root.period_seconds)
    return Node.spec(id, tree, options, start="eventual", backoff=NODE_BACKOFF)


def _measured_inside(app: App) -> bool:
    return app.placement != "root" and app.metrics_of_process


def specs(spec: ChildSpec, path: str = "/") -> Iterator[tuple[str, ChildSpec]]:
    """A spec and, as far as they are known before the start, all below it, each with its path; parents first."""
    yield path, spec
    for child in children_of(spec):
        yield from specs(child, child_path(path, child.id))


def children_of(spec: ChildSpec) -> tuple[ChildSpec, ...]:
    """The static children of a supervisor's spec; none for a worker or a dynamic supervisor."""
    for argument in spec.args:
        if isinstance(argument, ChildSpec):  # a node, which is its subtree's topmost supervisor seen from outside
            return children_of(argument)
        if isinstance(argument, tuple) and argument and all(isinstance(one, ChildSpec) for one in argument):
            return argument
    return ()


def _checked(name: str, spec: object) -> ChildSpec:
    if not isinstance(spec, ChildSpec):
        raise ConfigError(f"{name}: its supervisor is not a ChildSpec but a {type(spec).__name__}")
    for _, one in specs(spec, f"/{spec.id}"):
        check_childspec(one)
    return spec
