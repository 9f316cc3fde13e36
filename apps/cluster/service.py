"""What one root tells the others: `apps/contracts/roots.proto`. Also the tree between its two forms.

The handlers run in the workers of `/cluster/rpc`, in the root process, and ask no actor.
"""

from typing import Any, ClassVar

from google.protobuf import json_format
from google.protobuf.descriptor import ServiceDescriptor

from apps.cluster.identity import identity
from apps.contracts import roots_pb2 as messages
from supervision import operations
from supervision.verbs import NoParams, Site


class RootsService:
    """The handlers of one worker."""

    contract: ClassVar[ServiceDescriptor] = messages.DESCRIPTOR.services_by_name["Roots"]

    def __init__(self, site: Site) -> None:
        self._site = site

    def GetTree(self, request: messages.GetTreeRequest) -> messages.Tree:
        found = tree_message(operations.tree(self._site, NoParams()))
        found.root.CopyFrom(identity(self._site.settings.home))
        return found


def tree_message(tree: dict[str, Any]) -> messages.Tree:
    """From what the verb `tree` answers; what the contract does not know stays at home."""
    return json_format.ParseDict(tree, messages.Tree(), ignore_unknown_fields=True)


def tree_dict(tree: messages.Tree) -> dict[str, Any]:
    """Back into the form in which trees are shown: what is not said is None."""
    found: dict[str, Any] = json_format.MessageToDict(
        tree, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    for row in found["rows"]:
        for field in messages.Row.DESCRIPTOR.fields:
            row.setdefault(field.name, None)
    return found
