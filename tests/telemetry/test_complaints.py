"""A receiver that is away for an hour is no reason for a thousand log lines."""

import logging

from structlog.testing import capture_logs

from quartet.process.telemetry.complaints import Complaints


def complaint(number: int, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("opentelemetry.x", level, "x.py", 1, "no answer:\n%d", (number,), None)


def test_there_is_one_line_a_minute_and_it_counts_the_others() -> None:
    now = 1000.0
    complaints = Complaints(lambda: now)
    with capture_logs() as lines:
        for number in range(150):
            complaints.handle(complaint(number))
            now += 1.0
    said = [(line["event"], line["problem"], line.get("left_out")) for line in lines]
    assert said == [
        ("telemetry impaired", "no answer: 0", None),
        ("telemetry impaired", "no answer: 60", 59),
        ("telemetry impaired", "no answer: 120", 59),
    ]
