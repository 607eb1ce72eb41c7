"""A workflow folder on disk: reading it, checking its node files, its packages, its digest. Runs no node's code."""

from pipedreamer.project.checking import check, open_project
from pipedreamer.project.listing import digest, files
from pipedreamer.project.project import Language, Project

__all__ = ["Language", "Project", "check", "digest", "files", "open_project"]
