"""The catalogues of the pages: complete in every language of the mails, and nothing in them that is not said."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from apps.email.choices import page
from apps.email.config import OWN_CATALOGUES, OWN_DOMAIN

SAID = {*re.findall(r"""say\(["'](.+?)["'][,)]""", Path(page.__file__).read_text(encoding="utf-8")), "petition_updates"}
FOLDERS = sorted(file.parent for file in OWN_CATALOGUES.glob(f"*/LC_MESSAGES/{OWN_DOMAIN}.po"))


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.parent.name for folder in FOLDERS])
def test_a_language_of_the_mails_is_one_of_the_pages(folder: Path) -> None:
    with (folder / "pages.po").open("rb") as file:
        found = {message.id: message.string for message in read_po(file, abort_invalid=True) if message.id}
    assert found.keys() == SAID
    assert all(found.values())
