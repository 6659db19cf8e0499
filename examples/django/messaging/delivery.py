"""A message as the broker delivers it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paho.mqtt.client import MQTTMessage

# The MQTT 5 user property that a publisher puts its own id of a message into.
MESSAGE_ID = "message-id"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery; a message that was not acknowledged is delivered again."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    # Whether the broker has sent it before: MQTT 5, 3.3.1.1.
    redelivered: bool
    packet_id: int
    # The publisher's, empty if it gave none.
    message_id: str
    received_at: datetime
    # By it a message is stored once: the same for all deliveries where the publisher gave an id, else
    # by chance, so that one that was stored without our learning of it is not stored again.
    identity: uuid.UUID


def read_delivery(message: MQTTMessage) -> Delivery:
    """Take over what paho has read from the network."""
    properties = getattr(message.properties, "UserProperty", ())
    message_id = next((value for key, value in properties if key == MESSAGE_ID), "")
    return Delivery(
        topic=message.topic,
        payload=bytes(message.payload),
        qos=message.qos,
        retained=message.retain,
        redelivered=message.dup,
        packet_id=message.mid,
        message_id=message_id,
        received_at=datetime.now(UTC),
        identity=identify(message.topic, message_id) if message_id else uuid.uuid4(),
    )


def identify(topic: str, message_id: str) -> uuid.UUID:
    """Give 128 bits of SHA-256 of both.

    The topic counts, so that nobody can pass for a message on a topic that they may not write.
    """
    digest = hashlib.sha256(f"{topic}\0{message_id}".encode())
    return uuid.UUID(bytes=digest.digest()[:16])
