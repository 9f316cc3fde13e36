"""The example in the package's README does what it says there."""

import re
from pathlib import Path

import supervision

README = Path(supervision.__file__).with_name("README.md").read_text()


def test_the_example_runs_as_it_stands(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(example.splitlines()) <= 26
    exec(compile(example, "README.md", "exec"), {"__name__": "example"})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "20 42"
    assert lines[1].startswith("1 TypeError")
    assert lines[2] == "shutdown"
