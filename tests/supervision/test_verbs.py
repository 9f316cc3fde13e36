from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from supervision import System
from supervision.config import check
from supervision.errors import ConfigError
from supervision.operations import OPERATIONS
from supervision.verbs import Params, Site, UnknownVerb, Verb, Verbs, WrongParams, collect
from tests.supervision.nest import HERE


class Lay(Params):
    eggs: int = Field(ge=1)
    colour: str = "white"


def lay(site: Site, params: Lay) -> list[str]:
    return [params.colour] * params.eggs


LAY = Verb("hen.lay", Lay, lay, writes=True)


def site() -> Site:
    return Site(System(), check({"apps": []}, Path("var"), {}))


def test_a_verb_checks_its_parameters_and_runs() -> None:
    assert LAY(site(), {"eggs": 2}) == ["white", "white"]


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({}, "eggs", "eggs: is required"),
        ({"eggs": 0}, "eggs", "eggs: must be >= 1"),
        ({"eggs": 1, "color": "x"}, "color", 'color: unknown key; did you mean "colour"?'),
        ({"eggs": "x", "colour": 3}, "eggs", "eggs: must be a whole number\ncolour: must be text"),
    ],
)
def test_wrong_parameters_name_the_field(params: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(WrongParams) as caught:
        LAY(site(), params)
    assert (caught.value.field, str(caught.value), caught.value.status) == (field, message, 422)


def test_an_unknown_verb_is_told() -> None:
    with pytest.raises(UnknownVerb, match=r"hen\.fly"):
        Verbs([LAY]).find("hen.fly")
    assert Verbs([LAY]).find("hen.lay") is LAY


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ConfigError, match=r"two apps declare the verb hen\.lay"):
        Verbs([LAY, LAY])


def test_the_verbs_of_a_root_are_its_own_and_those_of_its_apps() -> None:
    names = {verb.name for verb in collect(check({"apps": [f"{HERE}:NEST"]}, Path("var"), {}))}
    assert names == {verb.name for verb in OPERATIONS} | {"nest.echo", "nest.hold", "nest.ask"}


def test_what_the_operator_needs_most_never_waits() -> None:
    """Only those wait that ask an actor, or strike and look at the whole tree."""
    assert {verb.name for verb in OPERATIONS if not verb.quick} == {"state", "fault.almost_kill", "fault.orphans"}
