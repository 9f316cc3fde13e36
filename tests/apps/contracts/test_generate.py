"""The committed modules are what the .proto files say now, and a changed one is told how to be brought up to date."""

import ast
import importlib
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from apps.contracts.generate import CHECKOUT, generate, sources
from apps.contracts.services import CONTRACTS

STALE = "run `make contracts`"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contracts")
    generate(folder)
    return folder


def described(code: str) -> bytes:
    """The schema inside a generated module; the rest of it changes with the compiler's version."""
    marked = code.partition("AddSerializedFile(")[2].splitlines()[0]
    schema: bytes = ast.literal_eval(marked.removesuffix(")"))
    return schema


@pytest.mark.parametrize("source", sources())
def test_the_modules_are_current(fresh: Path, source: str) -> None:
    code = Path(source.replace(".proto", "_pb2.py"))
    module = importlib.import_module(".".join(code.with_suffix("").parts))
    committed = FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(committed)
    assert FileDescriptorProto.FromString(described((fresh / code).read_text())) == committed, STALE
    types = code.with_suffix(".pyi")
    assert (fresh / types).read_text() == (CHECKOUT / types).read_text(), STALE


def test_every_service_can_be_called_by_name() -> None:
    declared = sum(Path(CHECKOUT, source).read_text().count("\nservice ") for source in sources())
    assert len(CONTRACTS) == declared > 0
