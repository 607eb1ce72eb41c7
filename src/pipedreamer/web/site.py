"""Pages out of data: `Site` holds the templates and the static files of one engine."""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pipedreamer.web.static_files import StaticFile, StaticFiles

if TYPE_CHECKING:
    from jinja2 import Environment

Kind = Literal["workflow", "runs", "run", "login", "error"]


class Site:
    """Gives pages and static files; the templates are loaded, for some 100 ms, when the first page is asked for."""

    @cached_property
    def _files(self) -> StaticFiles:
        return StaticFiles()

    @cached_property
    def _templates(self) -> "Environment":
        from pipedreamer.web.templating import environment

        return environment()

    def page(self, kind: Kind, data: Mapping[str, Any], base: str, now: int | None = None) -> bytes:
        """The HTML of a place, with `PAGE_HEADERS` to be sent along.

        `data` is what docs/page.md says for each kind. `base` is the way from the page's address to the engine's root,
        ending in `/`: `./`, `../`, or a whole path. `now` is in ms since 1970.
        """
        from pipedreamer.web.views import view

        moment = time.time_ns() // 1_000_000 if now is None else now
        module = f"{kind}.js" if kind in {"workflow", "runs", "run"} else "plain.js"
        shown = view(kind, data, moment)
        return (
            self._templates.get_template(f"{kind}.html")
            .render(
                shown,
                base=base,
                static=base + self._files.path,
                module=module,
                needed=self._files.needed(module),
                now=moment,
            )
            .encode("utf-8", "replace")
        )

    def file(self, path: str) -> StaticFile | None:
        """The static file at `path`, which is relative to the engine's root and begins with `static/`."""
        return self._files.find(path)
