"""The control socket of a running root: `<home>/control.sock`, mode 0600, guarded by the file system alone.

JSON lines. A request `{"verb": "tree", "params": {...}}` gets one reply: `{"ok": ...}`, or `{"error": {"type", "title",
"detail", "field", "status", "exit_code"}}`. Requests on one connection are answered in order. `client` is the way in of
commands; `server` and `lock` belong to the root.
"""

from supervision.control.client import Client, NoRoot, RemoteError, client

__all__ = ["Client", "NoRoot", "RemoteError", "client"]
