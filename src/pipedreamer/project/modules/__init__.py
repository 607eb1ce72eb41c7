"""What TypeScript nodes import: names and their meaning, the lock, and a folder with just that for Deno.

Deno itself tells what a module imports and fetches it; none of the modules is run here.
"""

from pipedreamer.project.modules.caches import keep_import_map
from pipedreamer.project.modules.deno import deno_version, find_deno
from pipedreamer.project.modules.editor import TYPES_FILE, TypesReport, write_types
from pipedreamer.project.modules.import_map import TYPES
from pipedreamer.project.modules.locking import lock_modules
from pipedreamer.project.modules.resolved import Imports, Modules, check_modules

__all__ = [
    "TYPES",
    "TYPES_FILE",
    "Imports",
    "Modules",
    "TypesReport",
    "check_modules",
    "deno_version",
    "find_deno",
    "keep_import_map",
    "lock_modules",
    "write_types",
]
