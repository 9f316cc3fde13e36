"""`make contracts`: from the .proto files to the Python modules beside them, with types. For developers only.

Needs protobuf's compiler, which the extra `dev` brings as grpcio-tools. Nothing here runs in a root.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]


class NotCompiled(Exception):
    """The compiler's own words."""


def sources() -> list[str]:
    """The .proto files, as their modules will be named."""
    return sorted(str(path.relative_to(CHECKOUT)) for path in HERE.glob("*.proto"))


def generate(target: Path) -> None:
    """Write the modules of all contracts below `target`. Raises NotCompiled."""
    out = [f"--{kind}_out={target}" for kind in ("python", "pyi")]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={CHECKOUT}", *out, *sources()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=CHECKOUT)
    if done.returncode != 0:
        raise NotCompiled(done.stderr)


if __name__ == "__main__":
    generate(CHECKOUT)
