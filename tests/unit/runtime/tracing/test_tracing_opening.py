"""Whether runs become traces."""

import sys

import pytest

from pipedreamer.runtime.tracing.opening import is_wanted, tracing

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


def never(text: str) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize(
    "environ",
    [
        ENDPOINT,
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"},
        {"OTEL_TRACES_EXPORTER": "otlp"},
        ENDPOINT | {"OTEL_TRACES_EXPORTER": "console, otlp"},
        ENDPOINT | {"OTEL_SDK_DISABLED": "false"},
        ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"},
    ],
)
def test_traces_are_asked_for(environ: dict[str, str]) -> None:
    assert is_wanted(environ, never)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_SERVICE_NAME": "billing", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318"},
        ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"},
        ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"},
        ENDPOINT | {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    ],
)
def test_traces_are_not_asked_for(environ: dict[str, str]) -> None:
    assert not is_wanted(environ, never)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER asks for zipkin, and there are otlp and"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc, and there is"),
        (
            ENDPOINT | {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL asks for http/json",
        ),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(environ: dict[str, str], told: str) -> None:
    said: list[str] = []
    assert not is_wanted(environ, said.append)
    (line,) = said
    assert line.startswith(f"no traces are sent: {told}")
    assert "\n" not in line


async def test_without_the_extra_it_is_named_and_the_engine_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("pipedreamer.runtime.tracing.")]:
        if name != "pipedreamer.runtime.tracing.opening":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    said: list[str] = []
    async with tracing(ENDPOINT, "flow", said.append) as traces:
        assert traces is None
    (line,) = said
    assert "pip install 'pipedreamer[otel]'" in line


async def test_a_variable_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "many")
    said: list[str] = []
    async with tracing(ENDPOINT, "flow", said.append) as traces:
        assert traces is None
    assert said == [
        "no traces are sent: a variable of OpenTelemetry cannot be used: invalid literal for int() with base 10: 'many'"
    ]
