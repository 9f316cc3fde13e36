"""From `config.yaml`, `--set` and the environment to checked settings, or to all that is wrong with them at once.

Each app brings the pydantic model of its own section; the sections of supervision itself stand here. A default is
written once, in the model. Functions of values and files; any thread.
"""

import copy
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from supervision import document
from supervision.app import App, load_app
from supervision.errors import ConfigError
from supervision.validation import faults_of, unknown_key

#: The system that a bare `rookery run` starts: everything embedded, on loopback only. Started left to right.
DEFAULT_APPS = (
    "actors.database",
    "actors.broker",
    "actors.rpc",
    "actors.pipeline.rates",
    "actors.pipeline.connector",
    "actors.lease",
    "actors.smtp.mta",
    "apps.contracts",
    "apps.cluster",
    "apps.people",
    "apps.email",
    "apps.sms",
    "apps.console",
    "apps.demo",
    "actors.web",
)


class Section(BaseModel):
    """Base of a section's model: unknown keys are faults, values do not change, a default is checked like any value."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)


class Root(Section):
    """The root supervisor and the process around it."""

    intensity: int = Field(3, ge=0, description="restarts of apps tolerated within the period before the root gives up")
    period_seconds: float = Field(5.0, gt=0, description="the window in which restarts are counted")
    max_zombies: int = Field(10, ge=0, description="abandoned threads tolerated before the process exits 75")
    shutdown_seconds: float = Field(30.0, gt=0, description="how long an ordered stop may take altogether")


class Nodes(Section):
    """Processes of their own for the apps that carry the messages; the root then only supervises and shows."""

    count: Literal["auto"] | int = Field("auto", description="how many; auto: one per core, 0: everything in the root")
    heartbeat_seconds: float = Field(1.0, gt=0, description="pause between two signs of life, both ways")
    timeout_seconds: float = Field(5.0, gt=0, description="silence after which a node is killed")
    memory_limit_bytes: int | None = Field(None, gt=0, description="memory of a node past which it is killed")
    max_zombies: int = Field(10, ge=0, description="abandoned threads tolerated in a node before it is replaced")
    shutdown_seconds: float = Field(15.0, gt=0, description="how long the orderly stop of a node may take")
    start_timeout_seconds: float = Field(30.0, gt=0, description="how long a node may take until it serves")

    @field_validator("count")
    @classmethod
    def _not_negative(cls, count: Literal["auto"] | int) -> Literal["auto"] | int:
        if count != "auto" and count < 0:
            raise ValueError("must be auto or a number >= 0")
        return count

    @property
    def number(self) -> int:
        """How many there are on this machine."""
        return len(os.sched_getaffinity(0)) if self.count == "auto" else self.count


class FaultInjection(Section):
    """Faults on purpose."""

    enabled: bool = Field(False, description="whether `rookery fault add` is allowed")


class Log(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least severe event shown")
    format: Literal["console", "json"] = Field("console", description="for people, or one JSON object per line")


OWN_SECTIONS: Mapping[str, type[Section]] = {"root": Root, "nodes": Nodes, "faults": FaultInjection, "log": Log}


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings. `raw` is the document they were made from; it may hold secrets and is never shown."""

    home: Path
    raw: Mapping[str, Any] = field(repr=False)
    apps: tuple[App, ...]
    sections: Mapping[str, BaseModel] = field(repr=False)

    def section(self, key: str) -> Any:
        """The checked model of a section; its defaults when the document leaves it out. Raises KeyError."""
        return self.sections[key]

    def app(self, name: str) -> App:
        """The record of a listed app. Raises KeyError."""
        for app in self.apps:
            if app.name == name:
                return app
        raise KeyError(name)


def read(path: Path | None, assignments: Iterable[str] = ()) -> dict[str, Any]:
    """The document of a file (an empty one for None) with `KEY=VALUE` assignments applied. Raises ConfigError."""
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = document.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
    for setting in assignments:
        document.assign(raw, setting)
    return raw


def load(
    path: Path | None, home: Path, assignments: Iterable[str] = (), environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read, fill in and check. Raises ConfigError that holds every fault, one per line."""
    return check(read(path, assignments), home, environment)


def check(raw: Mapping[str, Any], home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Checked settings of a document. Raises ConfigError that holds every fault, one per line."""
    filled, faults = document.fill_in(copy.deepcopy(dict(raw)), environment)
    apps, app_faults = _apps(filled.get("apps", list(DEFAULT_APPS)))
    models, model_faults = _models(apps)
    sections, section_faults = _sections(filled, models)
    faults += app_faults + model_faults + section_faults + _unknown_sections(filled, models, complete=not app_faults)
    if faults:
        raise ConfigError("\n".join(faults))
    return Settings(home, filled, tuple(apps), sections)


def _apps(listed: Any) -> tuple[list[App], list[str]]:
    if not isinstance(listed, list) or not all(isinstance(package, str) for package in listed):
        return [], ["apps: must be a list of package names"]
    apps: list[App] = []
    faults: list[str] = []
    for index, package in enumerate(listed):
        try:
            app = load_app(package)
        except ConfigError as error:
            faults.append(f"apps[{index}]: {error}")
            continue
        if any(app.name == other.name for other in apps):
            faults.append(f'apps[{index}]: an app named "{app.name}" stands in the list already')
        else:
            apps.append(app)
    return apps, faults


def _models(apps: Iterable[App]) -> tuple[dict[str, type[BaseModel]], list[str]]:
    """The model of every section that the listed apps and supervision itself bring."""
    models: dict[str, type[BaseModel]] = dict(OWN_SECTIONS)
    faults: list[str] = []
    for app in apps:
        try:
            model = app.load("config")
        except ConfigError as error:
            faults.append(f"{app.key}: {error}")
            continue
        if model is not None:
            models[app.key] = model
    return models, faults


def _sections(
    filled: Mapping[str, Any], models: Mapping[str, type[BaseModel]]
) -> tuple[dict[str, BaseModel], list[str]]:
    sections: dict[str, BaseModel] = {}
    faults: list[str] = []
    for key, model in models.items():
        value = filled.get(key)
        try:
            sections[key] = model.model_validate({} if value is None else value)
        except ValidationError as error:
            faults += faults_of(error, model, key)
    return sections, faults


def _unknown_sections(filled: Mapping[str, Any], models: Mapping[str, Any], complete: bool) -> list[str]:
    """Keys that nobody knows. A section may stay although its app was taken off the list."""
    if not complete:
        return []
    known = ["apps", *models, *_resting_sections()]
    return [f"{key}: {unknown_key(str(key), known)}" for key in filled if key not in known]


def _resting_sections() -> list[str]:
    apps, _ = _apps(list(DEFAULT_APPS))
    return [app.key for app in apps if app.config]
