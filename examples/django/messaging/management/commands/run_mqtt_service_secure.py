import asyncio
import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messaging.ending import Executor, leave, threads_hang
from messaging.service import Service
from messaging.stop import Stop

logger = logging.getLogger(__name__)

# Seconds that threads have to end after the service has.
PATIENCE = 0.2


class Command(BaseCommand):
    """Runs the service until SIGTERM or Ctrl-C."""

    help = "Stores messages from the broker, and sends what is in the outbox, until SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --ssl."""
        parser.add_argument(
            "--ssl",
            action="store_true",
            help="use TLS, and MQTT_SSL_PORT, whatever MQTT_USE_SSL says",
        )

    def handle(self, *_: Any, ssl: bool, **__: Any) -> None:  # noqa: ANN401
        """Run; exit code 0 after a stop that was asked for, 2 where something is to be mended."""
        failure: CommandError | None = None
        try:
            asyncio.run(_run(tls=True if ssl else None))
        except Stop as stop:
            failure = CommandError(str(stop), returncode=stop.exit_code)
        except Exception as error:
            # What nobody has foreseen: the log has all of it, and whoever restarts services does so.
            logger.exception("failed")
            failure = CommandError(f"The service has failed: {type(error).__name__}.")
        if threads_hang(PATIENCE):
            # The interpreter's exit would wait for them. Django has no part in it, so this says why.
            if failure is not None:
                self.stderr.write(f"CommandError: {failure}")
            leave(failure.returncode if failure is not None else 0)
        if failure is not None:
            raise failure


async def _run(*, tls: bool | None) -> None:
    asyncio.get_running_loop().set_default_executor(Executor(thread_name_prefix="asyncio"))
    await Service(tls=tls).run()
