import asyncio
import functools
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from aiomqtt import MqttCodeError
from django.test import SimpleTestCase
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from messaging.broker import Broker
from messaging.service import Service
from messaging.stop import Stop

KIT = "MQTT_HOST=localhost\nMQTT_USERNAME=django\nMQTT_PASSWORD=of-a-test\nMQTT_CLIENT_ID=first\n"


class ServiceTest(SimpleTestCase):
    """A service without broker and database: each connection does the next step of a script."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = Path(folder, "mqtt.env")
        self.file.write_text(KIT)
        self.enterContext(mock.patch.dict(os.environ, {"MQTT_ENV_FILE": str(self.file)}))
        self.enterContext(mock.patch("messaging.service.check_migrated"))
        self.write_status = self.enterContext(mock.patch("messaging.service.write_status"))
        self.enterContext(mock.patch("messaging.service.Connection", side_effect=self.connect))
        self.brokers: list[Broker] = []
        self.seconds = 0.05
        self.script: list[Callable[[], object]] = []

    def test_settings_that_cannot_be_read_leave_the_former_ones_in_use_until_they_can(self) -> None:
        self.script = [
            lambda: self.file.write_text("half a li"),
            self.file.unlink,
            lambda: self.file.write_text(KIT.replace("localhost", "moved")),
            terminate,
        ]
        with self.assertLogs("messaging.service") as logged:
            asyncio.run(Service().run())
        self.assertEqual([broker.host for broker in self.brokers], ["localhost"] * 3 + ["moved"])
        warnings = [vars(record)["fields"] for record in logged.records if record.levelname == "WARNING"]
        self.assertEqual(len(warnings), 2)
        self.assertIn("line 1 is not KEY=value", warnings[0]["reason"])
        self.assertIn("No such file", warnings[1]["reason"])
        self.assertEqual(warnings[1]["instead"], "the former ones, django at localhost:1883")

    def test_a_first_start_with_settings_that_cannot_be_read_stops(self) -> None:
        self.file.unlink()
        with self.assertRaisesRegex(Stop, "cannot be read"):
            asyncio.run(Service().run())
        self.assertEqual(self.brokers, [])

    def test_a_stop_is_over_in_time_though_connection_and_database_hang(self) -> None:
        freed = threading.Event()
        self.addCleanup(freed.set)
        self.write_status.side_effect = lambda *_: freed.wait(60)
        self.script, self.seconds = [terminate], 60.0
        started = time.monotonic()
        with self.settings(MQTT_STOP_TIMEOUT=3.0), self.assertLogs("messaging.service") as logged:
            asyncio.run(Service().run())
        self.assertLess(time.monotonic() - started, 10.0)
        self.assertEqual(logged.records[-1].getMessage(), "stopped")

    def test_a_client_id_that_changes_takes_the_heartbeat_with_it(self) -> None:
        self.script = [lambda: self.file.write_text(KIT.replace("=first", "=second")), terminate]
        with (
            self.settings(MQTT_HEARTBEAT=0.01),
            mock.patch("messaging.service.retire_status") as retire_status,
            self.assertLogs("messaging.service"),
        ):
            asyncio.run(Service().run())
        ids = [call.args[0] for call in self.write_status.call_args_list]
        self.assertEqual((ids, ids[-1]), (sorted(ids), "second"))
        retire_status.assert_called_once_with("first", "second")

    def test_a_second_service_with_the_client_id_is_told_to_stop_the_other_one(self) -> None:
        self.script = [be_taken_over, be_taken_over]
        with self.assertLogs("messaging.service"), self.assertRaises(Stop) as caught:
            asyncio.run(Service().run())
        self.assertIn("client id 'first' too: stop the other one if it is a service", str(caught.exception))

    def connect(self, broker: Broker, *_: object) -> SimpleNamespace:
        self.brokers.append(broker)
        return SimpleNamespace(hold=functools.partial(self.hold, self.script.pop(0)))

    async def hold(self, step: Callable[[], object]) -> None:
        step()
        await asyncio.sleep(self.seconds)


def be_taken_over() -> None:
    raise MqttCodeError(ReasonCode(PacketTypes.DISCONNECT, identifier=0x8E))


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
