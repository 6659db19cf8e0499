"""Storing what arrives."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from django.utils import timezone

from messaging.logs import log
from messaging.storage import store

if TYPE_CHECKING:
    from messaging.client import DurableClient
    from messaging.database import Database
    from messaging.status import Progress

logger = logging.getLogger(__name__)


async def receive(client: DurableClient, database: Database, progress: Progress, session: int) -> None:
    """Store messages, and acknowledge each only when it is stored, until there will be no more.

    While a batch is stored the next one arrives, so that batches grow with the load.
    """
    while deliveries := await client.next_deliveries():
        before = await database.insist(functools.partial(store, session, deliveries))
        client.acknowledge(deliveries)
        progress.stored += len(deliveries) - before
        progress.last_stored_at = timezone.now()
        log(logger, logging.DEBUG, "stored", messages=len(deliveries), before=before)
