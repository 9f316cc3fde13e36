"""HAML templates, compiled to Jinja2 source: `scan` (lines) -> `tree` (nodes) -> `write` (Jinja).

Ruby's expressions are translated on the way (`ruby`). What is not known is an error with file and line, never a guess.
"""

from apps.email.haml.errors import HamlError
from apps.email.haml.write import Options, compile_haml

__all__ = ["HamlError", "Options", "compile_haml"]
