import gc
import subprocess
import sys

PROGRAM = """
import gc
from supervision.interpreter import keep_what_stands

class Knot:
    def __init__(self): self.me = self

Knot()
keep_what_stands()
frozen = gc.get_freeze_count()
assert frozen > 10_000, frozen
assert not any(isinstance(one, Knot) for one in gc.get_objects()), "garbage was kept"
Knot()
assert gc.collect() >= 1, "what came later is collected"
assert len(gc.get_objects()) < frozen
"""


def test_what_stands_is_kept_and_garbage_is_not() -> None:
    """In a process of its own, for it holds until the end."""
    assert gc.get_freeze_count() == 0, "a test froze its own process"
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=30)
