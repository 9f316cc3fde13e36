"""Verbs answered in this process as a root would over its control socket: through JSON, errors included."""

import json
from collections.abc import Sequence
from typing import Any

from supervision.control import RemoteError
from supervision.control.wire import error_document
from supervision.verbs import Site, Verb, Verbs


class Root:
    """What a command's client is replaced by; `calls` are the names of verbs that it was asked for."""

    def __init__(self, site: Site, verbs: Sequence[Verb]) -> None:
        self.site = site
        self.calls: list[str] = []
        self._verbs = Verbs(verbs)

    def call(self, verb: str, /, timeout: float = 30.0, **params: Any) -> Any:
        self.calls.append(verb)
        sent = json.loads(json.dumps(params, allow_nan=False))
        try:
            return json.loads(json.dumps(self._verbs.find(verb)(self.site, sent), allow_nan=False))
        except Exception as error:
            raise RemoteError(error_document(error)) from error
