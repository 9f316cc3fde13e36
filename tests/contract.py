"""How much of a reference is held by tests: `python -m tests.contract` prints one JSON line per reference.

The IDs of a reference's cases stand in `tests/contracts/NAME.txt`: letter and number, or a number alone. A test carries
the IDs of its cases in its name (`test_F6_...`, `test_C1_C2_...`, `test_C1_to_C5_...`), behind the reference's mark if
it has one (`test_bw_41_...`); what cannot be kept to the letter is a row of a table of deviations, which begins with
the IDs. A case may be both: tested, and different in a detail that the row tells.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
ID = re.compile(r"[A-Z]?\d+")
ROW = re.compile(r"^\|\s*([A-Z]?\d+(?:(?:,| to) [A-Z]?\d+)*)\s*\|", re.MULTILINE)
RANGE = re.compile(r"([A-Z]?)(\d+)(?:_to_| to )[A-Z]?(\d+)")


@dataclass(frozen=True)
class Contract:
    """One reference: where its tests are, which document tells the deviations, what stands before its IDs in a name."""

    name: str
    tests: tuple[Path, ...]
    deviations: Path
    mark: str = ""

    @cached_property
    def cases(self) -> tuple[str, ...]:
        text = (CHECKOUT / "tests" / "contracts" / f"{self.name}.txt").read_text()
        return tuple(id for line in text.splitlines() for id in ID.findall(line.partition("#")[0]))

    @cached_property
    def tested(self) -> frozenset[str]:
        carried = re.compile(rf"def test_{self.mark}((?:[A-Z]?\d+_(?:to_)?)+)")
        files = (file for folder in self.tests for file in sorted(folder.rglob("test_*.py")))
        return self._known(name for file in files for name in carried.findall(file.read_text()))

    @cached_property
    def deviating(self) -> frozenset[str]:
        return self._known(ROW.findall(self.deviations.read_text()))

    @property
    def open(self) -> tuple[str, ...]:
        """Cases that are neither tested nor listed."""
        return tuple(id for id in self.cases if id not in self.tested | self.deviating)

    def line(self) -> str:
        counts = {"cases": len(self.cases), "tested": len(self.tested), "deviations": len(self.deviating)}
        return json.dumps({"contract": self.name, **counts})

    def _known(self, texts: Iterable[str]) -> frozenset[str]:
        return frozenset(id for text in texts for id in ids_in(text)) & frozenset(self.cases)


def ids_in(text: str) -> set[str]:
    """The IDs in `C1_C2_` or `C1_to_C5_`, in `C1, C2` or `C1 to C5`."""
    ranges = {f"{group}{n}" for group, first, last in RANGE.findall(text) for n in range(int(first), int(last) + 1)}
    return ranges | set(ID.findall(text))


TESTS = CHECKOUT / "tests"
CONTRACTS = (
    Contract("otp", (TESTS / "supervision",), CHECKOUT / "supervision" / "README.md"),
    Contract("broadway", (TESTS / "actors",), CHECKOUT / "actors" / "pipeline" / "README.md", mark="bw_"),
)


def main() -> None:
    for contract in CONTRACTS:
        print(contract.line())


if __name__ == "__main__":
    main()
