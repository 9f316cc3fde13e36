"""Where people reach the web server of this home. Reads one small file; any thread."""

import json
import time
from pathlib import Path

from apps.email.letterhead.config import LetterheadConfig

#: Pause between two looks for a web server that does not run yet.
LOOK_SECONDS = 1.0
#: Written by the web server of the same home.
WEB_FILE = "web.json"


class PublicUrl:
    """The configured URL, else that of the web server in this home once it is known. Keeps what it found."""

    def __init__(self, config: LetterheadConfig, home: Path) -> None:
        self._found = config.public_url or None
        self._file = home / WEB_FILE
        self._look_at = 0.0

    def get(self) -> str | None:
        """None while no web server runs here: such a mail has no links."""
        if self._found is None and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self._found = self._read()
        return self._found

    def _read(self) -> str | None:
        try:
            return str(json.loads(self._file.read_text(encoding="utf-8"))["url"]).rstrip("/")
        except (OSError, ValueError, KeyError):
            return None
