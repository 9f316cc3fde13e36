"""HAML's own conformance cases, and the pages of its reference implementation that need no Ruby objects."""

import json
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader

from apps.email.haml import HamlError, Options, compile_haml
from apps.email.jinja import environment
from apps.email.translations import Translations

#: Pages that are refused, with what they need.
REFUSED = {
    "eval_suppressed": "haml_concat",
    "helpers": "capture",
    "helpful": "object references",
    "partial_layout": "render :layout",
    "partials": "test_partial",
    "render_layout": "render :layout",
    "silent_script": "begin",
    "standard": "PipesIgnored",
    "whitespace_handling": "test_partial",
}
#: Lines that call Ruby methods which change only the indentation, or that need Ruby's objects.
LEFT_OUT = ("tab_up", "tab_down")
PAGES = ("very_basic", "list", "tag_parsing", "nuke_inner_whitespace", "nuke_outer_whitespace", "original_engine")


@pytest.fixture
def conformance(corpus: Path) -> Path:
    return corpus / "02_haml_templates" / "haml_conformance"


def rendered(haml: str, options: Options, values: dict[str, Any]) -> str:
    loader = DictLoader({"it.html": compile_haml(haml, "it.html", options)})
    return environment(loader, Translations(()), "en").get_template("it.html").render(values).strip()


def test_every_case(conformance: Path) -> None:
    groups = json.loads((conformance / "tests.json").read_text())
    cases = {f"{group}: {name}": case for group, found in groups.items() for name, case in found.items()}
    failed = [name for name, case in cases.items() if not _passes(case)]
    assert (len(cases), failed) == (99, [])


def _passes(case: dict[str, Any]) -> bool:
    config = case.get("config", {})
    options = Options(config.get("format", "html5"), config.get("escape_html") == "true")
    return bool(rendered(case["haml"], options, case.get("locals", {})) == case["html"].strip())


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_the_reference(conformance: Path, page: str) -> None:
    source = (conformance / "test" / "haml" / "templates" / f"{page}.haml").read_text()
    kept = "\n".join(line for line in source.splitlines() if not line.strip(" -").startswith(LEFT_OUT))
    expected = (conformance / "test" / "haml" / "results" / f"{page}.xhtml").read_text().strip()
    # Some of the results were made with double quotes around attributes.
    assert rendered(kept, Options(escape=False), {}).replace('"', "'") == expected.replace('"', "'")


@pytest.mark.parametrize("page", REFUSED)
def test_pages_that_need_rubys_objects_are_refused_with_the_line(conformance: Path, page: str) -> None:
    source = (conformance / "test" / "haml" / "templates" / f"{page}.haml").read_text()
    with pytest.raises(HamlError, match=rf"^line \d+: (?s:.*){REFUSED[page]}") as refused:
        compile_haml(source, f"{page}.html")
    assert refused.value.name == f"{page}.html.haml"


def test_a_real_products_mails(corpus: Path) -> None:
    views = corpus / "02_haml_templates" / "gitlab_8.9_en_mit" / "app" / "views"
    compiled, refused = [], []
    for file in sorted(views.rglob("*.haml")):
        name = str(file.relative_to(views)).removesuffix(".haml").replace(".text", ".txt")
        try:
            environment(DictLoader({}), Translations(()), "en").parse(compile_haml(file.read_text(), name))
            compiled.append(name)
        except HamlError as error:
            assert error.lineno and error.name == f"{name}.haml"
            refused.append(name)
    assert (len(compiled), len(refused)) == (32, 20)
