"""Cron schedules and time zones: what both this program and Kubernetes take."""

import json
import os
import subprocess
import sys

import pytest

from pipedreamer.spec.addresses import subject, webhook_path
from pipedreamer.spec.findings import Fault
from pipedreamer.spec.schedule import MACROS, schedule, timezone


def said(faults: list[Fault]) -> list[str]:
    return [fault.message for fault in faults]


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/15 0-6,22 1,15 1-12/2 0",
        "0 9 * * MON-FRI",
        "0 9 1 jan,jul *",
        "  0  9  *  *  1 ",
        "0 0 29 2 *",
        "0 0 * * */7",
        *MACROS,
    ],
)
def test_a_schedule_that_both_know_is_right(text: str) -> None:
    assert list(schedule(text)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has 0 fields, not 5"),
        ("*", "has 1 field, not 5"),
        ("0 0 9 * * 1", "has 6 fields, not 5"),
        ("60 * * * *", 'has "60" as its minute, which is not within 0-59'),
        ("* 24 * * *", 'has "24" as its hour, which is not within 0-23'),
        ("* * 0 * *", 'has "0" as its day of the month, which is not within 1-31'),
        ("* * * 13 *", 'has "13" as its month, which is not within 1-12 or JAN-DEC'),
        ("* * * * FUN", 'has "FUN" as its day of the week, which is not within 0-6 or SUN-SAT'),
        ("*/0 * * * *", 'has "*/0" as its minute, which is not within 0-59'),
        ("5-1 * * * *", 'has "5-1" as its minute, which is not within 0-59'),
        ("* * * * ?", "has a ? as its day of the week"),
        ("0 0 30 2 *", "never comes: no such month has that day"),
        ("@every 5m", "cannot use @every"),
        ("@Hourly", "is no known macro"),
        ("TZ=UTC 0 9 * * *", "cannot hold a time zone"),
        ("CRON_TZ=UTC 0 9 * * *", "cannot hold a time zone"),
        (f"{'1,' * 400}1 * * * *", "is longer than 500 characters"),
    ],
)
def test_a_schedule_that_cannot_be_parsed_is_an_error_that_says_which_field(text: str, message: str) -> None:
    faults = list(schedule(text))
    assert said(faults) == [message]
    assert [fault.severity for fault in faults] == ["error"]
    assert all(fault.suggestion for fault in faults)


def test_all_wrong_fields_of_a_schedule_are_told_at_once() -> None:
    assert len(list(schedule("99 99 99 99 99"))) == 5


@pytest.mark.parametrize("text", ["0 0 L * *", "0 0 LW * *", "0 0 * * 1#2", "0 0 * * 7", "0 0 * * 5L", "0 0 * * 5-7"])
def test_what_kubernetes_refuses_at_deploy_is_a_warning(text: str) -> None:
    faults = list(schedule(text))
    assert [fault.severity for fault in faults] == ["warning"]
    assert said(faults)[0].endswith("which Kubernetes refuses")


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_a_time_zone_of_the_database_is_right(name: str) -> None:
    assert list(timezone(name)) == []


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Europe/Berln", 'did you mean "Europe/Berlin"?'),
        ("europe/berlin", 'did you mean "Europe/Berlin"?'),
        ("new york", 'did you mean "America/New_York"?'),
        ("zone.tab", "for example Europe/Berlin or UTC"),
        ("../../etc/passwd", "for example Europe/Berlin or UTC"),
        ("/etc/passwd", "for example Europe/Berlin or UTC"),
        ("a\0b", "for example Europe/Berlin or UTC"),
        ("x" * 5000, "for example Europe/Berlin or UTC"),
    ],
)
def test_what_is_no_time_zone_is_an_error_with_the_nearest_one(name: str, suggestion: str) -> None:
    (fault,) = timezone(name)
    assert (fault.message, fault.severity) == ("is no time zone", "error")
    assert (fault.suggestion if isinstance(fault.suggestion, str) else fault.suggestion()) == suggestion


def test_a_folder_of_the_time_zone_database_is_no_time_zone() -> None:
    assert said(list(timezone("America"))) == ["is no time zone"]


def test_without_a_time_zone_database_a_name_is_not_called_wrong() -> None:
    program = (
        "import json; from pipedreamer.spec.schedule import timezone; "
        "print(json.dumps(list(timezone('Europe/Berlin'))))"
    )
    environment = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        ["was not checked: this machine has no time zone data", "install tzdata", "warning"]
    ]


@pytest.mark.parametrize("text", ["orders", "orders.created", "orders.*.x", "orders.>", ">", "*", "a-b_c.$d"])
def test_a_subject_of_nats_is_right(text: str) -> None:
    assert list(subject(text)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has an empty token"),
        (".a", "has an empty token"),
        ("a.", "has an empty token"),
        ("a..b", "has an empty token"),
        ("a b", "holds a space or a control character"),
        ("a\tb", "holds a space or a control character"),
        ("a.>.b", "has a > that is not its last token"),
        ("a.b*", "has a wildcard that is not a token of its own"),
        ("a.>>", "has a wildcard that is not a token of its own"),
    ],
)
def test_what_is_no_subject_is_an_error(text: str, message: str) -> None:
    assert said(list(subject(text))) == [message]


@pytest.mark.parametrize("text", ["/", "/github", "/a/b-c/d.e", "/%20", "/~me"])
def test_a_webhook_path_begins_with_a_slash(text: str) -> None:
    assert list(webhook_path(text)) == []


@pytest.mark.parametrize("text", ["", "github", "http://x/", "/a b", "/a?b=1", "/a#b", "/../run", "/é", "/a\n"])
def test_what_is_no_path_of_a_url_is_an_error(text: str) -> None:
    assert [fault.severity for fault in webhook_path(text)] == ["error"]
