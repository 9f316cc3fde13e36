"""The example in the package's README does what it says there."""

import re
from pathlib import Path

import actors.pipeline

README = Path(actors.pipeline.__file__).with_name("README.md").read_text()


def test_the_example_runs_as_it_stands(capsys) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {"__name__": "example"})
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:2]) == ["long timeout ['a longer one']", "short size ['a', 'bb']"]
    assert lines[2] == "3"
