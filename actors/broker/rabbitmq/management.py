"""RabbitMQ's management API, when it is configured: it knows more about queues than AMQP tells. Any thread."""

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from actors.broker.port import QueueStatus
from actors.broker.rabbitmq.content import DELAY_PREFIX
from actors.broker.rabbitmq.hosts import management_path
from actors.errors import Unavailable

WHAT = "RabbitMQ's management API"
TOTALS = {"publish": "published", "ack": "acked"}


def statuses(url: str, vhost: str, now: float, timeout_seconds: float) -> list[QueueStatus]:
    """All queues of a virtual host by name, without those for delays. Raises Unavailable."""
    answer = _get(url, f"/api/queues/{management_path(vhost)}", timeout_seconds)
    queues = [_status(queue, now) for queue in answer if not queue["name"].startswith(DELAY_PREFIX)]
    return sorted(queues, key=lambda queue: queue.name)


def _status(queue: Mapping[str, Any], now: float) -> QueueStatus:
    oldest = queue.get("head_message_timestamp")
    counts = queue.get("message_stats") or {}
    return QueueStatus(
        queue["name"],
        queue.get("messages_ready", 0),
        queue.get("messages_unacknowledged"),
        None,
        max(0.0, now - oldest) if isinstance(oldest, int | float) else None,
        queue.get("consumers", 0),
        {ours: counts[theirs] for theirs, ours in TOTALS.items() if theirs in counts},
    )


def _get(url: str, path: str, timeout_seconds: float) -> Any:
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or ''}"
    login = f"{unquote(parts.username or 'guest')}:{unquote(parts.password or 'guest')}"
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    connection = _connect(parts.scheme, parts.hostname or "localhost", parts.port, timeout_seconds)
    try:
        connection.request("GET", parts.path.rstrip("/") + path, headers=headers)
        with connection.getresponse() as response:
            if response.status != http.HTTPStatus.OK:
                raise Unavailable(WHAT, where, f"it answers {response.status} {response.reason}")
            return json.load(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(WHAT, where, str(error)) from error
    finally:
        connection.close()


def _connect(scheme: str, host: str, port: int | None, timeout_seconds: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout_seconds, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout_seconds)
