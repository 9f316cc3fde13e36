"""What holds for the whole repository, whoever adds to it."""

import ast
import configparser
import importlib
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGES = ("supervision", "actors", "apps")
TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "actors",
    "apps",
    "benchmarks",
    "compose.yaml",
    "config.yaml",
    "docs",
    "pyproject.toml",
    "setup.cfg",
    "supervision",
    "tests",
}
LONGEST_MODULE = 400
# path -> why one idea needs more lines than that
LONGER_MODULES = {
    "tests/actors/broker/test_contract.py": "one contract, the same for every engine",
    "tests/actors/smtp/test_dialogue.py": "one dialogue, with servers that answer anything",
    "tests/supervision/test_actor.py": "OTP's cases for one process, in its order",
}


@cache
def tracked() -> tuple[Path, ...]:
    command = ["git", "-C", str(CHECKOUT), "ls-files", "-z"]
    listing = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    return tuple(Path(name) for name in listing.split("\0") if name and (CHECKOUT / name).exists())


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(CHECKOUT / "setup.cfg")
    return parser


def modules() -> list[str]:
    return [str(path) for path in tracked() if path.suffix == ".py"]


def public_modules() -> list[str]:
    return [name for name in modules() if name.startswith(PACKAGES) and name.endswith("__init__.py")]


def test_the_top_level_holds_only_what_belongs_there() -> None:
    assert {path.parts[0] for path in tracked()} <= TOP_LEVEL


@pytest.mark.parametrize("name", public_modules())
def test_every_public_name_can_be_imported(name: str) -> None:
    module = importlib.import_module(str(Path(name).parent).replace("/", "."))
    missing = [public for public in getattr(module, "__all__", ()) if not hasattr(module, public)]
    assert missing == []


def test_every_module_says_what_it_is() -> None:
    shipped = [name for name in modules() if not name.startswith("tests/")]
    silent = [name for name in shipped if ast.get_docstring(ast.parse((CHECKOUT / name).read_text())) is None]
    assert silent == []


def test_no_module_is_longer_than_an_idea() -> None:
    lengths = {name: len((CHECKOUT / name).read_text().splitlines()) for name in modules()}
    assert {name for name, lines in lengths.items() if lines > LONGEST_MODULE} <= LONGER_MODULES.keys()


def test_every_data_file_of_a_package_is_shipped() -> None:
    """An editable install reads the checkout and would never notice."""
    shipped = {
        path.relative_to(CHECKOUT)
        for package, patterns in setup_cfg().items("options.package_data")
        for pattern in patterns.split()
        for path in CHECKOUT.joinpath(*package.split(".")).glob(pattern)
    }
    data = {path for path in tracked() if path.parts[0] in PACKAGES and path.suffix != ".py"}
    assert data - shipped == set()


def test_the_changelog_begins_with_the_version_of_the_distribution() -> None:
    newest = re.search(r"^## (\S+)", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == setup_cfg()["metadata"]["version"]


def test_every_make_target_has_a_line_in_the_help() -> None:
    text = (CHECKOUT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
