from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, Field, SecretStr

from supervision.app import App, load_app
from supervision.config import DEFAULT_APPS, OWN_SECTIONS, Section, check, load
from supervision.errors import ConfigError

REPOSITORY = Path(__file__).parents[2]


class Hen(Section):
    eggs: int = Field(2, ge=1)
    name: str = "Berta"


HEN = App("hen", config=f"{__name__}:Hen")
COOP = App("coop", section="hens", config=f"{__name__}:Hen")
SILENT = App("silent")
BROKEN = App("broken", config=f"{__name__}:Missing")


def listed(*names: str) -> list[str]:
    return [f"{__name__}:{name}" for name in names]


def faults(raw: dict[str, Any], **environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(raw, Path("var"), environment)
    assert caught.value.exit_code == 78
    return str(caught.value).splitlines()


def test_sections_are_checked_models_with_defaults() -> None:
    settings = check({"apps": listed("HEN", "COOP", "SILENT"), "hen": {"eggs": 5}, "hens": None}, Path("var"), {})
    assert settings.section("hen") == Hen(eggs=5)
    assert settings.section("hens") == Hen()
    assert settings.section("root").intensity == 3
    assert [app.name for app in settings.apps] == ["hen", "coop", "silent"]
    assert settings.app("coop").key == "hens"
    with pytest.raises(KeyError):
        settings.section("silent")


def test_all_faults_come_at_once_with_their_paths() -> None:
    raw = {
        "apps": listed("HEN"),
        "hen": {"eggs": 0, "nam": "x"},
        "log": {"level": "loud"},
        "root": {"intensity": -1, "period_seconds": "${PERIOD}"},
        "rot": {},
    }
    assert faults(raw) == [
        "root.period_seconds: the environment variable PERIOD is not set",
        "root.intensity: must be >= 0",
        "root.period_seconds: must be a number",
        'log.level: must be "debug", "info", "warning" or "error"',
        "hen.eggs: must be >= 1",
        'hen.nam: unknown key; did you mean "name"?',
        'rot: unknown key; did you mean "root"?',
    ]


def test_apps_that_cannot_be_loaded_are_named_by_their_index() -> None:
    assert faults({"apps": ["no.such.app", "json", *listed("HEN", "HEN", "Hen", "BROKEN")]}) == [
        "apps[0]: no module named no",
        "apps[1]: module json has no APP",
        'apps[3]: an app named "hen" stands in the list already',
        f"apps[4]: {__name__}:Hen does not hold an App record but ModelMetaclass",
        f"broken: module {__name__} has no Missing",
    ]
    assert faults({"apps": "apps.email"}) == ["apps: must be a list of package names"]


def test_an_app_whose_own_imports_fail_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "halfbaked.py").write_text("import flour_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert faults({"apps": ["halfbaked"]}) == [
        "apps[0]: halfbaked cannot be imported: No module named 'flour_that_is_not_there'"
    ]


def test_a_section_may_stay_when_its_app_is_taken_off_the_list() -> None:
    sections = [key for key in (load_app(package).key for package in loadable()) if key not in OWN_SECTIONS]
    check({"apps": [], **{key: {} for key in sections if has_model(key)}}, Path("var"), {})


def test_secrets_come_from_the_environment_and_stay_out_of_sight(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"apps: {listed('HEN')}\nhen: {{name: '${{NEST}}'}}\n")
    settings = load(path, tmp_path, ["hen.eggs=3"], {"NEST": "s3cret"})
    assert settings.section("hen") == Hen(name="s3cret", eggs=3)
    assert "s3cret" not in repr(settings)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read"):
        load(tmp_path / "absent.yaml", tmp_path)


# --- the annotated config.yaml of the repository ---------------------------------------------------


def loadable() -> list[str]:
    """The default apps that this checkout holds."""
    return [package for package in DEFAULT_APPS if (REPOSITORY / package.replace(".", "/") / "__init__.py").exists()]


def has_model(key: str) -> bool:
    return any(load_app(package).key == key and load_app(package).config for package in loadable())


def models() -> dict[str, type[BaseModel]]:
    """Every section's model, of supervision and of the default apps."""
    found: dict[str, type[BaseModel]] = dict(OWN_SECTIONS)
    for package in loadable():
        app = load_app(package)
        if app.config:
            found[app.key] = app.load("config")
    return found


def plain(value: Any) -> Any:
    """A dumped model in the terms of YAML, secrets' defaults shown."""
    match value:
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value)
    return value


def test_config_yaml_names_exactly_the_keys_and_defaults_of_the_models() -> None:
    annotated = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    assert annotated.pop("apps") == list(DEFAULT_APPS)
    # The one difference, told in its head: mailboxes of the demo world that are difficult.
    assert all(rule["recipient"].endswith(".example") for rule in annotated["mta"].pop("behaviour"))
    annotated["mta"]["behaviour"] = []
    # Carriers and limits have many keys; only those that they need are written out.
    given, sms = annotated["sms"], models()["sms"]
    assert sms.model_validate(given) == sms()
    given |= {name: plain(sms().model_dump()[name]) for name in ("carriers", "limits")}
    assert annotated == {key: plain(model().model_dump(by_alias=True)) for key, model in models().items()}


def test_every_key_of_config_yaml_is_explained() -> None:
    lines = (REPOSITORY / "config.yaml").read_text().splitlines()
    bare = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if line.partition("#")[0].rstrip() and ":" in line and "#" not in line and not above.lstrip().startswith("#")
    ]
    assert bare == []


def test_config_yaml_is_valid_as_it_stands() -> None:
    raw = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    raw["apps"] = loadable()
    assert check(raw, Path("var"), {}).section("log").format == "console"
