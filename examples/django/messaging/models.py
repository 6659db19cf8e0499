"""What is kept: messages from the broker, messages for it, and how the service is."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now


class BytesField(models.BinaryField):  # type: ignore[type-arg] # Django's own takes none
    """A BinaryField that Django inserts in bulk as an array, which takes less of its time.

    Django 5.2 does so on PostgreSQL (UNNEST) where no field has a placeholder of its own. That of
    BinaryField is needed for MySQL alone.
    """

    @property
    def get_placeholder(self) -> None:
        """Is there for no one: Django asks whether a field has it."""
        raise AttributeError("get_placeholder")


class Session(models.Model):
    """What the broker keeps for a client id: subscriptions, and messages that it has not acknowledged.

    A broker that has lost it numbers messages anew, so that the numbers are compared inside one only.
    """

    client_id = models.CharField(max_length=255, db_index=True)
    started_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.client_id} since {self.started_at}"


class Message(models.Model):
    """A message that came from the broker."""

    # From the publisher's message id, else by chance: see messaging.delivery.
    identity = models.UUIDField(unique=True)
    message_id = models.CharField(max_length=255, blank=True)
    # Not indexed: a topic may be longer than an index entry of PostgreSQL, and such a message would
    # stay out for ever. Index an expression that fits your queries.
    topic = models.TextField()
    payload = BytesField()
    retained = models.BooleanField()
    # When it reached the service.
    received_at = models.DateTimeField(db_index=True)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The broker's number of this delivery, unique among those that are on their way; none at QoS 0.
    packet_id = models.PositiveIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["session", "-id"], name="message_of_session")]

    def __str__(self) -> str:
        return f"{self.topic} at {self.received_at}"

    @property
    def text(self) -> str:
        """The payload as UTF-8, with replacement characters where it is none."""
        return bytes(self.payload).decode("utf-8", errors="replace")

    @property
    def data(self) -> Any:  # noqa: ANN401 - whatever JSON can hold
        """The payload as JSON; ValueError where it is none."""
        return json.loads(bytes(self.payload))


class OutboxMessage(models.Model):
    """A message for the broker. A row that is committed is published, whatever happens in between.

    Rows may be inserted by SQL too: topic and payload are enough.
    """

    id = models.BigAutoField(primary_key=True)
    # What receivers know a message by that comes twice. The service gives one to a row without.
    message_id = models.UUIDField(unique=True, null=True, blank=True, default=uuid.uuid4)
    topic = models.TextField()
    payload = models.BinaryField()
    retain = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=Now())
    # When the broker acknowledged it.
    sent_at = models.DateTimeField(null=True, blank=True)
    # Why the broker will not have it; empty it to have the message sent again.
    refusal = models.TextField(blank=True, db_default="")

    class Meta:
        verbose_name = "outbox message"
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                name="outbox_pending",
                condition=models.Q(sent_at__isnull=True, refusal=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} of {self.created_at}"


class ServiceStatus(models.Model):
    """How the service of a client id is, by its own words."""

    class State(models.TextChoices):
        """Where a service can be."""

        CONNECTED = "connected"
        WAITING = "waiting"
        STOPPED = "stopped"

    client_id = models.CharField(max_length=255, primary_key=True)
    state = models.CharField(max_length=16, choices=State.choices)
    since = models.DateTimeField()
    # Why it is there: empty while connected.
    detail = models.TextField(blank=True)
    heartbeat_at = models.DateTimeField()
    # Counted from the start of the process.
    stored = models.PositiveBigIntegerField(default=0)
    sent = models.PositiveBigIntegerField(default=0)
    last_stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "service statuses"

    def __str__(self) -> str:
        return f"{self.client_id}: {self.state}"
