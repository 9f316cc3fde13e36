"""The root supervisor's spec, composed from the records of the apps. Values and imports only; nothing is started."""

from collections.abc import Iterator

from supervision.child import child_path
from supervision.config import Settings
from supervision.errors import ConfigError
from supervision.spec import ChildSpec, check_childspec
from supervision.supervisor import Supervisor


def root_spec(settings: Settings) -> ChildSpec:
    """`/` with one child per app that has a supervisor, in the order of the list. Raises ConfigError, SpecError."""
    children = []
    for app in settings.apps:
        make = app.load("supervisor")
        if make is not None:
            children.append(_checked(app.name, make(settings)))
    root = settings.section("root")
    return Supervisor.spec("root", children, intensity=root.intensity, period=root.period_seconds)


def specs(spec: ChildSpec, path: str = "/") -> Iterator[tuple[str, ChildSpec]]:
    """A spec and, as far as they are known before the start, all below it, each with its path; parents first."""
    yield path, spec
    for child in children_of(spec):
        yield from specs(child, child_path(path, child.id))


def children_of(spec: ChildSpec) -> tuple[ChildSpec, ...]:
    """The static children of a supervisor's spec; none for a worker or a dynamic supervisor."""
    for argument in spec.args:
        if isinstance(argument, tuple) and argument and all(isinstance(one, ChildSpec) for one in argument):
            return argument
    return ()


def _checked(name: str, spec: object) -> ChildSpec:
    if not isinstance(spec, ChildSpec):
        raise ConfigError(f"{name}: its supervisor is not a ChildSpec but a {type(spec).__name__}")
    for _, one in specs(spec, f"/{spec.id}"):
        check_childspec(one)
    return spec
