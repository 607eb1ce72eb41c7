"""What a served workflow has counted so far, for `/metrics`."""

from pipedreamer.cli.keeping import Kept
from pipedreamer.engine.access.token_files import TokenWatch
from pipedreamer.engine.service import Stats
from pipedreamer.runtime.live import LiveWorkflow


def stats_of(live: LiveWorkflow, kept: Kept | None, tokens: TokenWatch | None) -> Stats:
    """The counts as they are now."""
    session, counts = live.session, live.session.counts
    durable = kept.durable if kept is not None else None
    unbegun = durable.unbegun if durable is not None else {}
    return Stats(
        running=session.active - session.waiting,
        queued=session.waiting,
        workers=session.workers,
        worker_restarts=session.restarts,
        settings_failures=live.settings_failures + (tokens.failures if tokens is not None else 0),
        rejected=counts.refused,
        durable_running=durable.running if durable is not None else 0,
        durable_waiting=durable.waiting if durable is not None else 0,
        runs={state: count + unbegun.get(state, 0) for state, count in counts.by_state.items()},
        durations=counts.durations.copy(),
        nodes={name: node.copy() for name, node in counts.nodes.items()},
    )
