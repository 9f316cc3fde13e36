"""The references are held case by case, and the counting itself counts right."""

import json
from pathlib import Path

import pytest

from tests.contract import CONTRACTS, Contract, ids_in


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_every_case_is_tested_or_listed_with_its_reason(contract: Contract) -> None:
    assert contract.open == ()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_no_case_is_counted_twice(contract: Contract) -> None:
    assert len(contract.cases) == len(set(contract.cases)) > 0
    counts = json.loads(contract.line())
    assert counts["contract"] == contract.name
    assert counts["tested"] <= counts["cases"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("F6_", {"F6"}),
        ("H7_H13_", {"H7", "H13"}),
        ("C1_to_C4_", {"C1", "C2", "C3", "C4"}),
        ("Q1, Q2", {"Q1", "Q2"}),
        ("Q1 to Q3", {"Q1", "Q2", "Q3"}),
        ("41_43_to_45_", {"41", "43", "44", "45"}),
    ],
)
def test_ids_stand_in_names_and_rows(text: str, ids: set[str]) -> None:
    assert ids_in(text) == ids


def test_a_case_without_test_and_row_is_open(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_A1_A2_they_start(world):\n    ...\n")
    (tmp_path / "README.md").write_text("| ID | Reason |\n| --- | --- |\n| A3, A4 | threads |\n")
    contract = Contract("otp", (tmp_path,), tmp_path / "README.md")
    assert contract.tested == {"A1", "A2"}
    assert contract.deviating == {"A3", "A4"} & set(contract.cases)
    assert {"A1", "A2", "A3"}.isdisjoint(contract.open)
    assert "A5" in contract.open


def test_a_mark_keeps_two_references_apart(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_bw_41_42_a_batch(world): ...\ndef test_43_of_them(): ...\n")
    (tmp_path / "README.md").write_text("")
    assert Contract("broadway", (tmp_path,), tmp_path / "README.md", mark="bw_").tested == {"41", "42"}
