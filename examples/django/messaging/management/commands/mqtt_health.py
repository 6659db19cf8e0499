import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error

from messaging.database import reason
from messaging.status import Health, read_health


class Command(BaseCommand):
    """Tells how the service is."""

    help = "Says whether the service does its work: exit code 0 if it does, 1 if not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="all figures, as one JSON object")

    def handle(self, *_: Any, **options: Any) -> None:  # noqa: ANN401
        """Judge, and say it."""
        try:
            health = read_health(settings.MQTT_CLIENT_ID)
        except Error as error:
            health = Health(False, f"The database cannot be asked: {reason(error)}", {})
        figures = {"healthy": health.healthy, "sentence": health.sentence, **health.figures}
        self.stdout.write(json.dumps(figures, default=str) if options["json"] else health.sentence)
        sys.exit(0 if health.healthy else 1)
