"""A plan as one HTML page around its SVG: no script, no outside request."""

from html import escape

from pipedreamer.dag.draw.svg import svg
from pipedreamer.dag.plan import Plan

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;--page:#fff;--text:#1f2328;--faint:#59636e}}
@media (prefers-color-scheme:dark){{:root{{--page:#0f1419;--text:#e6eaef;--faint:#98a2ae}}}}
body{{margin:0;padding:24px;background:var(--page);color:var(--text);font:14px/1.5 system-ui,sans-serif}}
h1{{font-size:20px;margin:0}}
h1 small,p,summary{{color:var(--faint);font-weight:normal}}
p{{margin:0 0 16px}}
figure{{margin:0 -24px;overflow:auto}}
figure svg{{display:block;margin:0 auto}}
ol{{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px}}
</style>
</head>
<body>
<h1>{name} <small>{version}</small></h1>
<p>{summary}</p>
<figure>
{drawing}</figure>
<details>
<summary>Stages, one after the other; the steps of a stage run together</summary>
<ol>
{stages}
</ol>
</details>
</body>
</html>
"""


def html(plan: Plan) -> str:
    """A whole page: name and version, the drawing, and the stages as a list for those who do not see it."""
    edges = sum(map(len, plan.parents.values()))
    counts = ((len(plan.nodes), "step"), (edges, "edge"), (len(plan.stages), "stage"))
    return _PAGE.format(
        title=escape(f"{plan.name} {plan.version}"),
        name=escape(plan.name),
        version=escape(plan.version),
        summary=", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in counts),
        drawing=svg(plan),
        stages="\n".join(f"<li>{escape(', '.join(stage))}</li>" for stage in plan.stages),
    )
