"""Seeing that credentials have changed, before the old ones end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from messaging.broker import Broker
from messaging.database import wait_for
from messaging.logs import log
from messaging.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# Seconds between two looks at the files.
LOOK = 1.0


async def changed(read: Callable[[], Broker], broker: Broker, end: asyncio.Event) -> bool:
    """Wait until the settings are others than the broker's; False if the end comes before.

    A client whose account ends while it is connected loses what is sent until it is back: the broker
    asks for the rights of an account that it no longer has. One that moves over before loses nothing.
    """
    complained = ""
    while not await wait_for(end, LOOK):
        try:
            if await asyncio.to_thread(read) != broker:
                return True
        except Stop as stop:
            # It may be half written: the connection stands, and what it was made with holds.
            if str(stop) != complained:
                log(logger, logging.WARNING, "settings cannot be read", reason=str(stop))
            complained = str(stop)
    return False


async def changed_within(
    seconds: float, read: Callable[[], Broker], broker: Broker, end: asyncio.Event
) -> bool:
    """Wait as changed does, for these seconds at most."""
    try:
        return await asyncio.wait_for(changed(read, broker, end), seconds)
    except TimeoutError:
        return False
