"""What the engine says over HTTP, described for programs (https://spec.openapis.org/oas/v3.1.1)."""

from pipedreamer.engine.openapi.document import document

__all__ = ["document"]
