"""Small template folders and catalogues for tests."""

from collections.abc import Mapping
from pathlib import Path

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {forms}\\n"\n\n'
TWO_FORMS = "nplurals=2; plural=(n != 1);"


def template(folder: Path, name: str, subject: str, text: str, html: str | None = None) -> Path:
    """Writes `<folder>/<name>/...`; returns `folder`, for the search path."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "subject.txt").write_text(subject, encoding="utf-8")
    (folder / name / "body.txt").write_text(text, encoding="utf-8")
    if html is not None:
        (folder / name / "body.html").write_text(html, encoding="utf-8")
    return folder


def catalogue(folder: Path, locale: str, entries: str, domain: str = "messages", forms: str = TWO_FORMS) -> Path:
    """Writes `<folder>/<locale>/LC_MESSAGES/<domain>.po`; returns `folder`."""
    file = folder / locale / "LC_MESSAGES" / f"{domain}.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEADER.format(forms=forms) + entries, encoding="utf-8")
    return folder


def entries(translations: Mapping[str, str]) -> str:
    return "".join(f'msgid "{message}"\nmsgstr "{text}"\n\n' for message, text in translations.items())
