"""A plan as one self-contained SVG picture that follows the reader's light or dark setting."""

from html import escape

from pipedreamer.dag.draw.layout import Box, Layout, Point, lay_out, short
from pipedreamer.dag.plan import Plan

_MARGIN = 24.0
_TIP = (
    '<defs><marker id="dag-tip" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="7" markerHeight="7" orient="auto" '
    'markerUnits="userSpaceOnUse"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
)
_STAGE = 34.0  # room for a stage's number before its row
_ARROW = 7.0
_BASELINE = 4.5  # from the middle of a line of text down to its baseline

# Plain colours and no variables: viewers outside a browser know no more than that.
_STYLE = """
.dag .back{fill:#fff}.dag .box{fill:#f6f8fa;stroke:#bcc5ce}.dag .edge{fill:none;stroke:#8a94a0;stroke-width:1.4}
.dag .tip{fill:#8a94a0}.dag text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
font-size:13px;fill:#1f2328;text-anchor:middle}.dag .stage{font-size:11px;fill:#68727d}
@media (prefers-color-scheme:dark){.dag .back{fill:#0f1419}.dag .box{fill:#1b222b;stroke:#46525f}
.dag .edge{stroke:#7d8793}.dag .tip{fill:#7d8793}.dag text{fill:#e6eaef}.dag .stage{fill:#8b95a1}}
"""


def svg(plan: Plan) -> str:
    """A layered drawing: stages in order, a box a node with its file as a tooltip, arrows that bend around boxes."""
    layout = lay_out(plan)
    left, top = (_MARGIN, _MARGIN + _STAGE) if layout.across else (_MARGIN + _STAGE, _MARGIN)
    width, height = layout.width + left + _MARGIN, layout.height + top + _MARGIN
    title = escape(f"{plan.name} {plan.version}")
    root = (
        f'<svg class="dag" xmlns="http://www.w3.org/2000/svg" {_size(width, height)} '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="img" aria-label="Steps of the workflow {title}">'
    )
    parts = [
        root,
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        _TIP,
        f'<rect class="back" {_size(width, height)}/>',
        f'<g transform="translate({_n(left)} {_n(top)})">',
        *(f'<path class="edge" d="{_path(line, layout)}" marker-end="url(#dag-tip)"/>' for line in layout.lines),
        *(_box(node_id, plan.nodes[node_id].path, box) for node_id, box in layout.boxes.items()),
        *(_stage(number, middle, layout.across) for number, middle in enumerate(layout.rows, 1)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(node_id: str, file: str, box: Box) -> str:
    return (
        f"<g><title>{escape(node_id)} ({escape(file)})</title>"
        f'<rect class="box" x="{_n(box.x)}" y="{_n(box.y)}" {_size(box.width, box.height)} rx="7"/>'
        f'<text x="{_n(box.x + box.width / 2)}" y="{_n(box.y + box.height / 2 + _BASELINE)}">'
        f"{escape(short(node_id))}</text></g>"
    )


def _stage(number: int, middle: float, across: bool) -> str:
    x, y = (middle, -_STAGE / 2) if across else (-_STAGE / 2, middle)
    return f'<text class="stage" x="{_n(x)}" y="{_n(y + _BASELINE - 0.5)}">{number}</text>'


def _path(points: tuple[Point, ...], layout: Layout) -> str:
    """A curve in each gap between two rows, a straight line beside the boxes of a row in between."""
    end_x, end_y = points[-1]
    end = (end_x - _ARROW, end_y) if layout.across else (end_x, end_y - _ARROW)
    points = (*points[:-1], end)
    pieces = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for number in range(1, len(points)):
        (x0, y0), (x1, y1) = points[number - 1], points[number]
        if number % 2 == 0 or abs((y1 - y0) if layout.across else (x1 - x0)) < 1:
            pieces.append(f"L{_n(x1)} {_n(y1)}")
        elif layout.across:
            middle = _n((x0 + x1) / 2)
            pieces.append(f"C{middle} {_n(y0)} {middle} {_n(y1)} {_n(x1)} {_n(y1)}")
        else:
            middle = _n((y0 + y1) / 2)
            pieces.append(f"C{_n(x0)} {middle} {_n(x1)} {middle} {_n(x1)} {_n(y1)}")
    return "".join(pieces)


def _size(width: float, height: float) -> str:
    return f'width="{_n(width)}" height="{_n(height)}"'


def _n(number: float) -> str:
    return f"{round(number, 1):g}" if abs(number) < 1e5 else str(round(number))
