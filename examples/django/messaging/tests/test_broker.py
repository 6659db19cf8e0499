import asyncio
import os
import ssl
import tempfile
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.test import SimpleTestCase, override_settings

from messaging.broker import Broker, read_broker
from messaging.client import DurableClient
from messaging.stop import Stop

GIVEN = {"MQTT_ENV_FILE": "", "MQTT_HOST": "broker", "MQTT_PASSWORD": "given-by-a-test"}


AT_THE_START = {
    "MQTT_HOST": "old",
    "MQTT_SSL_PORT": "1",
    "MQTT_CLIENT_ID": "old",
    "MQTT_CA_FILE": "/nowhere/ca.crt",
    "MQTT_CERTIFICATE_FILE": "/nowhere/client.crt",
    "MQTT_KEY_FILE": "/nowhere/client.key",
}

PEM_OF_NOTHING = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"


class BrokerTest(SimpleTestCase):
    def test_no_password_is_the_default(self) -> None:
        self.refuse({"MQTT_PASSWORD": ""}, "MQTT_PASSWORD is empty")

    def test_the_password_is_not_in_its_representation(self) -> None:
        with mock.patch.dict(os.environ, GIVEN):
            self.assertNotIn("given-by-a-test", repr(read_broker()))

    @override_settings(MQTT_USE_SSL=False)
    def test_ssl_takes_the_other_port(self) -> None:
        ports = {"MQTT_PORT": "1", "MQTT_SSL_PORT": "2", "MQTT_USE_SSL": "no", "MQTT_CA_FILE": ""}
        with mock.patch.dict(os.environ, {**GIVEN, **ports}):
            self.assertEqual([read_broker().port, read_broker(tls=True).port], [1, 2])

    def test_a_number_that_is_none_is_shown_with_what_is_allowed(self) -> None:
        for text in ("0", "65536", "-1", "1.5", "", "²"):
            self.refuse({"MQTT_KEEPALIVE": text}, "MQTT_KEEPALIVE is .* from 1 to 65535")

    def test_ssl_is_used_for_every_spelling_of_yes_and_for_none_of_no(self) -> None:
        for expected, texts in ((True, "true 1 yes on TRUE Yes oN"), (False, "false 0 no off FALSE No oFF")):
            for text in texts.split():
                given = {**GIVEN, "MQTT_USE_SSL": text, "MQTT_CA_FILE": ""}
                with self.subTest(text), mock.patch.dict(os.environ, given):
                    self.assertIs(read_broker().tls, expected)

    def test_ssl_that_is_neither_yes_nor_no_is_refused_and_never_means_plain(self) -> None:
        for text in ("ssl", "tls", "enabled", "y", "2", "true ", ""):
            with self.subTest(text), mock.patch.dict(os.environ, {**GIVEN, "MQTT_USE_SSL": text}):
                with self.assertRaisesRegex(Stop, f"MQTT_USE_SSL is '{text}': give true, 1, yes or on, or"):
                    read_broker()
                with mock.patch.dict(os.environ, {"MQTT_CA_FILE": ""}):
                    self.assertTrue(read_broker(tls=True).tls)

    def test_a_ca_file_without_a_certificate_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "ca.crt")
            for text in (
                "",
                "no certificate",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            ):
                path.write_text(text)
                self.refuse({"MQTT_CA_FILE": str(path)}, "no CA certificate in it")

    def test_a_certificate_without_its_key_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "client.crt")
            path.write_text(PEM_OF_NOTHING)
            self.refuse({"MQTT_CERTIFICATE_FILE": str(path)}, "are no certificate and its key")

    def test_files_that_go_after_they_were_read_are_not_needed_to_connect(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "ca.crt")
            path.write_text(PEM_OF_NOTHING)
            given = {**GIVEN, "MQTT_CA_FILE": str(path)}
            with mock.patch.dict(os.environ, given), mock.patch("messaging.broker._trust") as trust:
                trust.return_value = ssl.create_default_context()
                broker = read_broker(tls=True)
        client = asyncio.run(client_of(broker))
        self.assertIs(client._client._ssl_context, trust.return_value)

    def test_what_the_file_named_at_the_start_and_names_no_more_has_its_default(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "mqtt.env")
            file.write_text("MQTT_PASSWORD=given-by-a-test\n")
            given = {"MQTT_ENV_FILE": str(file), "MQTT_USERNAME": "of-the-process"}
            with mock.patch.dict(os.environ, given), self.settings(**AT_THE_START):
                broker = read_broker(tls=True)
        self.assertEqual((broker.host, broker.port), ("localhost", 8883))
        self.assertEqual(broker.client_id, "naboom-community")
        self.assertEqual((broker.certificate.name, broker.key.name, broker.authority.name), ("", "", ""))
        self.assertEqual(broker.username, "of-the-process")

    def test_the_settings_are_the_documents(self) -> None:
        self.assertEqual(settings.MQTT_COMMUNITY_TOPIC, "naboom/community")
        self.assertEqual(settings.MQTT_SYSTEM_TOPIC, "naboom/system")
        self.assertEqual(settings.MQTT_NOTIFICATION_TOPIC, "naboom/notifications")
        self.assertEqual(settings.MQTT_ALERT_TOPIC, "naboom/alerts")

    def refuse(self, given: dict[str, str], sentence: str) -> None:
        with mock.patch.dict(os.environ, {**GIVEN, **given}), self.assertRaisesRegex(Stop, sentence):
            read_broker(tls=True)


async def client_of(broker: Broker) -> DurableClient:
    return DurableClient(broker, receive_maximum=1, session_seconds=1)
