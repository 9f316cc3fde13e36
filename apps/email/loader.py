"""Where templates come from: folders, in each of which a file may also be HAML. Any thread.

`body.html` may lie there as `body.html.haml`, `body.txt` as `body.txt.haml` or `body.text.haml`, `subject.txt` also as
`subject.haml`. In one folder Jinja's own file wins; what is found in an earlier folder wins over all later ones.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from jinja2 import BaseLoader, Environment, FileSystemLoader, TemplateNotFound

from apps.email.enclosures import qualified
from apps.email.haml import compile_haml

Source = tuple[str, str, Callable[[], bool]]
#: Endings of HAML files for each ending of a template.
_ENDINGS = {".html": (".html.haml",), ".txt": (".txt.haml", ".text.haml", ".haml")}


class Loader(BaseLoader):
    """Folders in the order of the search; `domain` is that of the pictures which HTML names by cid."""

    def __init__(self, folders: Iterable[Path], domain: str = "") -> None:
        self._domain = domain
        self.searchpath = [str(folder) for folder in folders]
        self._folders = [FileSystemLoader(folder) for folder in self.searchpath]

    def get_source(self, environment: Environment, template: str) -> Source:
        """Raises TemplateNotFound, HamlError."""
        for folder in self._folders:
            for name in _candidates(template):
                try:
                    source, file, fresh = folder.get_source(environment, name)
                except TemplateNotFound:
                    continue
                source = compile_haml(source, template) if name != template else source
                return qualified(source, self._domain if template.endswith(".html") else ""), file, fresh
        raise TemplateNotFound(template)

    def files(self, folder: str) -> dict[str, Path]:
        """The files below a folder as they lie there, by their paths in it; hidden ones are not seen."""
        found: dict[str, Path] = {}
        for root in reversed(self.searchpath):
            base = Path(root, folder)
            paths = {path.relative_to(base).as_posix(): path for path in base.rglob("*") if path.is_file()}
            found |= {name: path for name, path in paths.items() if not path.name.startswith(".")}
        return found

    def list_templates(self) -> list[str]:
        found = {name for folder in self._folders for name in folder.list_templates()}
        return sorted(found | {compiled for name in found if (compiled := _compiled(name))})


def _candidates(template: str) -> Iterable[str]:
    yield template
    for ending, sources in _ENDINGS.items():
        if template.endswith(ending):
            stem = template.removesuffix(ending)
            yield from (stem + source for source in sources)


def _compiled(file: str) -> str | None:
    """The template that a HAML file becomes."""
    for ending, sources in _ENDINGS.items():
        for source in sources:
            if file.endswith(source):
                return file.removesuffix(source) + ending
    return None
