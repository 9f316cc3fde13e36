"""Services by name: their methods and fields, requests as JSON, and what is wrong with one."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from actors.rpc.errors import UnknownMethod
from apps.contracts.commands import rpc
from apps.contracts.services import CONTRACTS, UnknownService, contract_of, fields_of, method_of
from apps.contracts.verbs import VERBS
from supervision import System
from supervision.config import Settings
from supervision.verbs import Site, Verbs, WrongParams


def call(**params: Any) -> Any:
    site = Site(System(), Settings(Path("unused"), {}, (), {}))
    return Verbs(VERBS).find("rpc.call")(site, params)


@pytest.mark.parametrize("service", CONTRACTS)
def test_a_service_and_its_instances_have_one_contract(service: str) -> None:
    assert contract_of(service) is contract_of(f"{service}.1f2e") is CONTRACTS[service]


def test_fields_are_named_as_json_wants_them() -> None:
    fields = dict(fields_of(method_of("people", "Suppress").input_type))
    assert fields["address"] == "string"
    assert fields["reason"].startswith("REASON_HARD_BOUNCE | ")
    assert dict(fields_of(method_of("people", "FindMany").input_type)) == {"addresses": "list of string"}
    said = dict(fields_of(method_of("people", "Find").output_type))
    assert said["preferences"] == "map of string to bool"
    assert said["suppressions"] == "list of rookery.people.v1.Suppression"


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"service": "birds", "method": "Fly"}, UnknownService, "there are email, people, roots"),
        ({"service": "people", "method": "Fly"}, UnknownMethod, "it has Find"),
        ({"service": "people", "method": "Find", "request": {"whom": "x"}}, WrongParams, "whom"),
        ({"service": "people", "method": "Find", "request": {"who": 5}}, WrongParams, "who"),
        ({"service": "people", "method": "Find", "timeout_seconds": 0}, WrongParams, "timeout_seconds"),
    ],
)
def test_what_is_wrong_with_a_call_is_told_before_it_is_made(params: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(**params)


def test_methods_are_listed_without_a_root() -> None:
    listed = CliRunner().invoke(rpc, ["people"])
    assert listed.exit_code == 0
    assert "Find -> FindReply\n    who: string\n" in listed.output


@pytest.mark.parametrize("request_text", ["{", "[]"])
def test_a_request_that_is_no_json_object_is_a_usage_error(request_text: str) -> None:
    done = CliRunner().invoke(rpc, ["people", "Find", "--json", request_text])
    assert done.exit_code == 2 and "--json" in done.output
