import json
import logging
from unittest import TestCase

from messaging.logs import JsonFormatter, log


class JsonFormatterTest(TestCase):
    def test_an_event_is_one_line_of_json_with_its_fields(self) -> None:
        with self.assertLogs("test", logging.INFO) as logged:
            log(logging.getLogger("test"), logging.INFO, "stored", messages=2, reason="two\nlines")
        line = JsonFormatter().format(logged.records[0])
        self.assertNotIn("\n", line)
        entry = json.loads(line)
        self.assertEqual(
            (entry["event"], entry["level"], entry["messages"], entry["reason"]),
            ("stored", "info", 2, "two\nlines"),
        )

    def test_a_failure_has_its_traceback_in_the_same_line(self) -> None:
        with self.assertLogs("test", logging.ERROR) as logged:
            try:
                raise RuntimeError("broken")
            except RuntimeError:
                logging.getLogger("test").exception("failed")
        line = JsonFormatter().format(logged.records[0])
        self.assertNotIn("\n", line)
        self.assertIn("broken", json.loads(line)["traceback"])
