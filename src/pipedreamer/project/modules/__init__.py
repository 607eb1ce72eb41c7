"""What TypeScript nodes import: names and their meaning, the lock, and a folder with just that for Deno.

Deno itself tells what a module imports and fetches it; none of the modules is run here.
"""

from pipedreamer.project.modules.deno import deno_version, find_deno
from pipedreamer.project.modules.locking import lock_modules
from pipedreamer.project.modules.resolved import Modules, check_modules, modules

__all__ = ["Modules", "check_modules", "deno_version", "find_deno", "lock_modules", "modules"]
