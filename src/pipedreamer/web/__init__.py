"""The page: what a person sees in a browser, made of plain data; it knows nothing else of the project.

`Site` gives the HTML of a place and the static files that it asks for. Which address gives what, and who may see it, is
the engine's; so are the data, in the form in which its API gives them. Importing this package loads no templates.
"""

from pipedreamer.web.headers import CONTENT_SECURITY_POLICY, PAGE_HEADERS
from pipedreamer.web.site import Kind, Site
from pipedreamer.web.static_files import StaticFile

__all__ = ["CONTENT_SECURITY_POLICY", "PAGE_HEADERS", "Kind", "Site", "StaticFile"]
