"""Publishing from Django: what is committed is sent."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import models
from django.utils import timezone

from messaging.models import OutboxMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# MQTT 5, 1.5.4: a string is at most this many bytes.
LONGEST_TOPIC = 65_535
# Mosquitto's TOPIC_HIERARCHY_LIMIT.
MOST_SLASHES = 200
# What Mosquitto takes for malformed in a topic (MQTT 5, 1.5.4 and 4.7): wildcards, control characters,
# surrogates, and the code points that Unicode keeps free of characters, the last two of each plane too.
FORBIDDEN = re.compile(
    r"[+#\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"\\U{plane << 16 | 0xFFFE:08x}\\U{plane << 16 | 0xFFFF:08x}" for plane in range(17))
    + "]"
)

PENDING = models.Q(sent_at__isnull=True, refusal="")


def publish(topic: str, payload: Any = b"", *, retain: bool = False) -> OutboxMessage:  # noqa: ANN401
    """Put a message into the outbox, as a part of the caller's transaction.

    The service sends it at QoS 1 within MQTT_OUTBOX_POLL seconds of the commit, or once the broker is
    back. bytes and str (as UTF-8) are sent as they are, anything else as JSON. Raises ValueError for a
    topic that nobody can publish to, and TypeError for what JSON cannot hold.
    """
    return OutboxMessage.objects.create(topic=check_topic(topic), payload=encode(payload), retain=retain)


async def apublish(topic: str, payload: Any = b"", *, retain: bool = False) -> OutboxMessage:  # noqa: ANN401
    """Do as publish does, from asynchronous code."""
    return await sync_to_async(publish)(topic, payload, retain=retain)


def check_topic(topic: str) -> str:
    """Give the topic back; ValueError where it is none that can be published to.

    A broker ends the connection at a malformed one, and again at each attempt: all rows behind it would wait.
    """
    if not topic:
        raise ValueError("A topic to publish to has at least one character.")
    found = FORBIDDEN.search(topic)
    if found:
        raise ValueError(
            f"The topic has {found[0]!a} at character {found.start() + 1}: it must be without +, #, "
            "control characters and code points that are no characters."
        )
    if topic.count("/") > MOST_SLASHES:
        raise ValueError(f"The topic has {topic.count('/')} slashes: at most {MOST_SLASHES} are allowed.")
    if len(topic.encode()) > LONGEST_TOPIC:
        raise ValueError(f"The topic has {len(topic.encode())} bytes: at most {LONGEST_TOPIC} are allowed.")
    return topic


def encode(payload: Any) -> bytes:  # noqa: ANN401
    """Give the bytes of a payload."""
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return text.encode()


def pending(limit: int) -> Sequence[OutboxMessage]:
    """Give what waits to be sent, oldest first, each with a message id that stays."""
    rows = list(OutboxMessage.objects.filter(PENDING).order_by("pk")[:limit])
    nameless = [row for row in rows if row.message_id is None]
    for row in nameless:
        row.message_id = uuid.uuid4()
    OutboxMessage.objects.bulk_update(nameless, ["message_id"])
    return rows


def record(sent: Sequence[int], refused: Mapping[int, str]) -> None:
    """Write down what the broker took, and what it did not and why; may be repeated."""
    if sent:
        OutboxMessage.objects.filter(pk__in=sent).update(sent_at=timezone.now())
    for pk, reason in refused.items():
        OutboxMessage.objects.filter(pk=pk).update(refusal=reason)
