import asyncio
import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from messaging.service import Service
from messaging.stop import Stop

logger = logging.getLogger(__name__)


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
        try:
            asyncio.run(_run(tls=True if ssl else None))
        except Stop as stop:
            raise CommandError(str(stop), returncode=stop.exit_code) from None
        except Exception as error:
            # What nobody has foreseen: the log has all of it, and whoever restarts services does so.
            logger.exception("failed")
            raise CommandError(f"The service has failed: {type(error).__name__}.") from None


async def _run(*, tls: bool | None) -> None:
    await Service(tls=tls).run()
