"""What a workflow's nodes ask for while they are watched, and the smallest permissions that would have done.

Duty: collect what workers tell, what fetches and drivers ask for, and what memory is taken (`Watch`); judge which
paths may be opened meanwhile (`Opener`); come to a block and the reasons for its lines (`Findings`). It must not run
anything: `testing.observing` does.
"""

from pipedreamer.runtime.observing.findings import Findings, Reason
from pipedreamer.runtime.observing.opening import Opener
from pipedreamer.runtime.observing.sightings import Sighting
from pipedreamer.runtime.observing.variables import lent
from pipedreamer.runtime.observing.watch import Watch

__all__ = ["Findings", "Opener", "Reason", "Sighting", "Watch", "lent"]
