"""How an app introduces itself: one record, everything in it by dotted path and imported only when it is needed.

An app's package holds `APP = App(...)` and imports nothing heavy; `config.yaml` lists the packages. The root composes
tree, control socket, command line, HTTP, metrics and health from the records. Values and imports only; any thread.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Literal

from supervision.errors import ConfigError


@dataclass(frozen=True, slots=True)
class App:
    """What one app brings along. Each field after `section` is `"module:attribute"` or None.

    Attributes:
        name: the app's name and, for most, the id of its supervisor under the root.
        section: its key in `config.yaml`; the name, unless it says otherwise.
        config: the pydantic model of that section.
        supervisor: callable(settings) -> ChildSpec, a child of the root.
        tables: SQLAlchemy's MetaData, or callable() -> MetaData.
        queues: callable(settings) -> the exchanges, queues and bindings the app needs.
        verbs: a sequence of `Verb`.
        commands: a click command or a sequence of them, attached to `rookery`.
        routes: callable(site) -> APIRouter with the app's own HTTP routes.
        pages: callable(site) -> the app's console pages.
        probes: callable(site) -> sequence of `Probe`, asked for readiness while the root runs.
        connections: callable(settings) -> sequence of `Probe` that try the outside world with nothing started.
        metrics: callable(site) -> a prometheus_client collector.
        placement: where its supervisor runs when `nodes.count` is not 0: in the root process, in each node, or in all.
        metrics_of_process: whether each process measures its own part, or one of them can tell for all.
    """

    name: str
    section: str = ""
    config: str | None = None
    supervisor: str | None = None
    tables: str | None = None
    queues: str | None = None
    verbs: str | None = None
    commands: str | None = None
    routes: str | None = None
    pages: str | None = None
    probes: str | None = None
    connections: str | None = None
    metrics: str | None = None
    placement: Literal["root", "nodes", "everywhere"] = "root"
    metrics_of_process: bool = True

    @property
    def key(self) -> str:
        """Its key in `config.yaml`."""
        return self.section or self.name

    def load(self, field: str) -> Any:
        """Import what a field names; None when the app has none. Raises ConfigError."""
        dotted = getattr(self, field)
        return None if dotted is None else load(dotted)


def load(dotted: str) -> Any:
    """Import `"module:attribute"`. Raises ConfigError that says which part is missing, or what the module lacks."""
    module_name, colon, attribute = dotted.partition(":")
    if not (module_name and colon and attribute):
        raise ConfigError(f'"{dotted}" is not of the form module:attribute')
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ConfigError(_why_not_imported(module_name, error)) from error
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        raise ConfigError(f"module {module_name} has no {attribute}") from error


def load_app(package: str) -> App:
    """The `APP` record of a package (or of `"package:NAME"`). Raises ConfigError."""
    record = load(package if ":" in package else f"{package}:APP")
    if not isinstance(record, App):
        raise ConfigError(f"{package} does not hold an App record but {type(record).__name__}")
    return record


def _why_not_imported(module_name: str, error: ImportError) -> str:
    missing = error.name or ""
    if module_name == missing or module_name.startswith(missing + "."):
        return f"no module named {missing}"
    return f"{module_name} cannot be imported: {error}"
