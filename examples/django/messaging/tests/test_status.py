from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from messaging.models import OutboxMessage, ServiceStatus
from messaging.outbox import publish
from messaging.status import Progress, State, judge, retire_status, write_status


class JudgementTest(TestCase):
    def setUp(self) -> None:
        self.now = timezone.now()
        self.status = ServiceStatus(
            client_id="c", state=State.CONNECTED, since=self.now, heartbeat_at=self.now
        )

    def test_a_connected_service_with_a_fresh_heartbeat_is_well(self) -> None:
        self.assertIsNone(judge(self.status, None, self.now))

    def test_each_fault_is_a_sentence(self) -> None:
        self.assertIn("No service has run yet", judge(None, None, self.now) or "")
        self.assertIn("not been heard of for 60 s", self.fault(after=60))
        self.assertIn("waits in the outbox since 61 s", self.fault(oldest=61))
        self.status.state, self.status.detail = State.WAITING, "connection refused"
        self.assertIn("not connected to the broker: connection refused", self.fault())
        self.status.state, self.status.detail = State.STOPPED, "it was told to."
        self.assertIn("has stopped: it was told to.", self.fault(after=3_600))

    def fault(self, *, after: float = 0, oldest: float | None = None) -> str:
        since = None if oldest is None else self.now - timedelta(seconds=oldest)
        return judge(self.status, since, self.now + timedelta(seconds=after)) or ""


class HealthCommandTest(TestCase):
    def test_it_exits_with_0_only_for_a_service_that_works(self) -> None:
        self.assertEqual(self.run_command()[0], 1)
        progress = Progress()
        progress.turn(State.CONNECTED)
        with self.settings(MQTT_CLIENT_ID="c"):
            write_status("c", progress)
            self.assertEqual(self.run_command(), (0, "The service c is connected.\n"))
            row = publish("naboom/community/a")
            OutboxMessage.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(hours=1))
            self.assertEqual(self.run_command()[0], 1)

    def test_a_service_that_has_changed_its_client_id_is_found_by_the_new_one_and_the_old_one_says_so(
        self,
    ) -> None:
        progress = Progress()
        progress.turn(State.CONNECTED)
        write_status("old", progress)
        retire_status("old", "new")
        write_status("new", progress)
        with self.settings(MQTT_CLIENT_ID="new"):
            self.assertEqual(self.run_command(), (0, "The service new is connected.\n"))
        with self.settings(MQTT_CLIENT_ID="old"):
            said = "The service old has stopped: it goes on with the MQTT_CLIENT_ID new.\n"
            self.assertEqual(self.run_command(), (1, said))

    def run_command(self) -> tuple[object, str]:
        output = StringIO()
        with self.assertRaises(SystemExit) as exit_:
            call_command("mqtt_health", stdout=output)
        return exit_.exception.code, output.getvalue()
