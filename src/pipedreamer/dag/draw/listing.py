"""A plan as a list of its stages."""

from pipedreamer.dag.plan import Plan


def stages(plan: Plan) -> str:
    """One line a stage, `Stage 1: [a, b]  (parallel)`, as the architecture's compiling example writes it."""
    lines = [f"Stage {number}: [{', '.join(stage)}]  (parallel)" for number, stage in enumerate(plan.stages, 1)]
    return "\n".join(lines) + "\n"
