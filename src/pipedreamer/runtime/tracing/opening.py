"""Whether runs become traces, by the variables of OpenTelemetry.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipedreamer.runtime.tracing.traces import Traces

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


@asynccontextmanager
async def tracing(
    environ: Mapping[str, str], workflow: str, warn: Callable[[str], None]
) -> AsyncIterator["Traces | None"]:
    """What makes traces, until the block ends, or None where nobody asks for them.

    `warn` hears why there are none all the same, and of trouble with sending them. The SDK reads the rest of the
    variables from the process's own environment.
    """
    traces = _opened(workflow, warn) if is_wanted(environ, warn) else None
    try:
        yield traces
    finally:
        if traces is not None:
            await traces.close()


def is_wanted(environ: Mapping[str, str], warn: Callable[[str], None]) -> bool:
    """Whether traces are asked for; `warn` hears of what is asked for and cannot be had."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = {name.strip() for name in environ.get("OTEL_TRACES_EXPORTER", "").split(",")} - {""}
    if exporters and "otlp" not in exporters:
        if exporters != {"none"}:
            _say(warn, f"OTEL_TRACES_EXPORTER asks for {', '.join(sorted(exporters))}, and there are otlp and none")
        return False
    if not exporters and not any(environ.get(name) for name in _ENDPOINTS):
        return False
    name = next((name for name in _PROTOCOLS if environ.get(name)), "")
    if name and environ[name].strip() != "http/protobuf":
        _say(warn, f"{name} asks for {environ[name]}, and there is http/protobuf, which most collectors take at 4318")
        return False
    return True


def _opened(workflow: str, warn: Callable[[str], None]) -> "Traces | None":
    try:
        from pipedreamer.runtime.tracing.traces import Traces

        return Traces(workflow, warn)
    except ImportError:
        _say(warn, "OpenTelemetry is not installed: pip install 'pipedreamer[otel]', or set OTEL_SDK_DISABLED=true")
    except (ValueError, OSError) as error:
        _say(warn, f"a variable of OpenTelemetry cannot be used: {error}")
    return None


def _say(warn: Callable[[str], None], why: str) -> None:
    warn(f"no traces are sent: {why}")
