"""What can be wrong with a HAML template."""

from jinja2 import TemplateSyntaxError


class HamlError(TemplateSyntaxError):
    """The template uses what HAML does not have, or Ruby that is not translated. Its line is part of the message, since
    Jinja's loaders know no other lines than those of the source they return."""

    def __init__(self, message: str, line: int, name: str | None = None) -> None:
        super().__init__(f"line {line}: {message}", line, name)
