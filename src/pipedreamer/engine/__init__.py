"""One workflow served over HTTP. Owns no settings and starts nothing by itself: `cli/serve.py` puts it together.

`App` answers requests for the `Service` it is handed, `bind` and `serve` put it on a socket.
"""

from pipedreamer.engine.app import App
from pipedreamer.engine.schema import InputSchema
from pipedreamer.engine.server import bind, serve
from pipedreamer.engine.service import Limits, Service, Stats
from pipedreamer.engine.watch import Patience

__all__ = ["App", "InputSchema", "Limits", "Patience", "Service", "Stats", "bind", "serve"]
