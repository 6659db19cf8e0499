import os
import tempfile
from pathlib import Path
from unittest import TestCase, mock

from messaging.environment import live_environment, parse_environment
from messaging.stop import Stop


class EnvironmentFileTest(TestCase):
    def test_lines_are_read_as_they_are_but_for_comments_quotes_and_export(self) -> None:
        text = "# kit\n\nMQTT_HOST=localhost\nexport MQTT_USERNAME='django'\nMQTT_PASSWORD=a=b#c\"\n"
        expected = {"MQTT_HOST": "localhost", "MQTT_USERNAME": "django", "MQTT_PASSWORD": 'a=b#c"'}
        self.assertEqual(parse_environment(text), expected)

    def test_a_line_that_is_none_is_named_by_its_number_and_not_shown(self) -> None:
        with self.assertRaisesRegex(ValueError, "line 2") as caught:
            parse_environment("MQTT_HOST=localhost\nsecret-without-a-key")
        self.assertNotIn("secret", str(caught.exception))

    def test_the_file_wins_over_the_environment_and_a_path_in_it_is_meant_from_its_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "django.env")
            file.write_text("MQTT_HOST=file\nMQTT_CA_FILE=ca.crt\n")
            with mock.patch.dict(os.environ, {"MQTT_ENV_FILE": str(file), "MQTT_HOST": "process"}):
                values = live_environment()
        self.assertEqual(values["MQTT_HOST"], "file")
        self.assertEqual(values["MQTT_CA_FILE"], str(Path(folder, "ca.crt")))

    def test_a_file_that_is_missing_stops_the_service_but_not_the_settings(self) -> None:
        with mock.patch.dict(os.environ, {"MQTT_ENV_FILE": "/nowhere/django.env"}):
            with self.assertRaisesRegex(Stop, "MQTT_ENV_FILE is /nowhere/django.env"):
                live_environment()
            self.assertNotIn("MQTT_HOST", live_environment(strict=False).keys() - os.environ.keys())
