import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import TestCase

PROJECT = Path(__file__).resolve().parents[2]


class EndingTest(TestCase):
    def test_a_process_ends_in_time_though_its_database_is_locked(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            # Nobody listens there: the service waits for its broker, and writes that it does.
            environment = {
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                "SQLITE_FILE": str(Path(folder, "db.sqlite3")),
                "MQTT_PORT": "9",
                "MQTT_PASSWORD": "of-a-test",
            }
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(migrate, cwd=PROJECT, env=environment, check=True)  # noqa: S603 - its own
            lock = sqlite3.connect(environment["SQLITE_FILE"], isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            code, output, seconds = self.stop_once_it_waits(environment)
            lock.close()
        self.assertEqual(code, 0, output)
        self.assertLess(seconds, 10.0)
        self.assertIn('"event": "stopped"', output)

    def stop_once_it_waits(self, environment: dict[str, str]) -> tuple[int, str, float]:
        command = [sys.executable, "manage.py", "run_mqtt_service_secure"]
        with subprocess.Popen(  # noqa: S603 - its own
            command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True
        ) as service:
            assert service.stderr is not None
            before = ""
            for line in service.stderr:
                before += line
                if '"waiting"' in line:
                    break
            time.sleep(0.5)
            service.send_signal(signal.SIGTERM)
            started = time.monotonic()
            after = service.communicate(timeout=60)[1]
            return service.returncode, before + after, time.monotonic() - started
