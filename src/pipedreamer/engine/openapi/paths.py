"""The engine's own paths."""

from typing import Final

from pipedreamer.engine.openapi.parts import Json, answer, operation

_TEXT: Final = {"type": "string"}

ENGINE: Final[Json] = {
    "/health": {
        "get": operation(
            "health", "Whether the engine lives", {"200": answer("It does.", "Health")}, description="Takes any method."
        )
    },
    "/ready": {
        "get": operation("ready", "Whether runs are taken", {"200": answer("They are.", "Ready")}, (503,)),
    },
    "/metrics": {
        "get": operation(
            "metrics",
            "Figures for Prometheus",
            {"200": answer("The figures; OpenMetrics where it is accepted.", _TEXT, "text/plain")},
        )
    },
    "/workflow": {
        "get": operation(
            "workflow", "The plan, the input's schema and the sandbox", {"200": answer("The workflow.", "Workflow")}
        )
    },
    "/openapi.json": {
        "get": operation("openapi", "This description", {"200": answer("An OpenAPI document.", {"type": "object"})}),
    },
    "/": {"get": operation("page", "The page for people", {"200": answer("A page.", _TEXT, "text/html")})},
}
