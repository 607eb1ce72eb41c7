"""What a caller must be allowed to do for each route; a route that is not named here is for `admin` alone."""

from typing import Literal

from pipedreamer.engine.access.tokens import Scope

Need = Literal["nothing"] | Scope


def needed(method: str, path: str) -> Need:
    """What `method` at `path` takes."""
    match ("GET" if method == "HEAD" else method, *path.removesuffix(".json").strip("/").split("/")):
        case ("GET" | "POST", "run") | ("POST", "runs", _, "cancel" | "rerun"):
            return "run"
        case (_, "health" | "ready") | ("GET", "static", *_) | ("GET" | "POST", "login") | ("POST", "logout"):
            return "nothing"
        case ("GET", "" | "workflow" | "metrics" | "openapi" | "runs") | ("GET", "runs", _):
            return "read"
        case ("GET", "runs", _, "logs" | "input" | "events") | ("GET", "runs", _, "nodes", _, "output"):
            return "read"
    return "admin"
