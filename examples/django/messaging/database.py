"""The database, from asynchronous code, and while it may be away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeVar

from django.db import Error, InterfaceError, OperationalError, connection

from messaging.backoff import backoff
from messaging.ending import Executor
from messaging.logs import log

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

# Seconds between two attempts at most, so that messages do not wait long for a database that is back.
LONGEST_PAUSE = 5.0


class GivenUpError(Exception):
    """The database was away until the service had to stop."""


class Database:
    """A thread with a connection of its own."""

    def __init__(self, name: str, stop: asyncio.Event) -> None:
        self._executor = Executor(max_workers=1, thread_name_prefix=name)
        self._stop = stop

    async def run(self, call: Callable[[], Result]) -> Result:
        """Run a call in the thread; django.db.Error as it comes."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, _attempt, call)

    async def insist(self, call: Callable[[], Result]) -> Result:
        """Run a call that may be repeated, again and again while the database is away.

        Raises GivenUpError where it is away still when the service has to stop.
        """
        pauses = backoff(LONGEST_PAUSE, first=0.2)
        away = False
        while True:
            try:
                result = await self.run(call)
            except (OperationalError, InterfaceError) as error:
                if not away:
                    log(logger, logging.WARNING, "database away", reason=reason(error))
                away = True
            else:
                if away:
                    log(logger, logging.INFO, "database back")
                return result
            if await wait_for(self._stop, next(pauses)):
                raise GivenUpError

    async def close(self, seconds: float) -> None:
        """End the thread once it is done with what it does, and wait these seconds for it."""
        with contextlib.suppress(Error, TimeoutError):
            await asyncio.wait_for(self.run(connection.close), seconds)
        self._executor.shutdown()


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Give whether the event is set within these seconds."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def reason(error: Error) -> str:
    """Give the first line of what a database says; further ones may quote values."""
    return str(error).strip().partition("\n")[0]


def _attempt(call: Callable[[], Result]) -> Result:
    try:
        return call()
    except (OperationalError, InterfaceError):
        # A connection that has failed stays so; the next call opens another one.
        connection.close()
        raise
