/** The place "Workflow": the graph, the chosen node, the runs that come, and the form that starts one. */

/** @import { PlanNode, Workflow } from "./shapes.d.ts" */
import { asked, at, choose, follow, mayRun, query, whenChosen } from "./address.js";
import { get } from "./api.js";
import { Graph } from "./graph.js";
import { listen } from "./keys.js";
import { Live } from "./live.js";
import { paced } from "./pace.js";
import { keepingPlace, moveRow, plot, rowHere, rows } from "./run_list.js";
import { askToRun } from "./start.js";
import { byId, draw, html } from "./view.js";
import { duration, keepTimes } from "./words.js";

/** @type {Workflow} */
const workflow = await get("workflow");
const plan = workflow.nodes;

function drawGraph() {
  draw(html`<${Graph} plan=${plan} direction="LR" states=${null} />`, byId("graph"));
  const node = plan.find(({ id }) => id === asked("node"));
  byId("node").hidden = !node;
  draw(node ? about(node) : null, byId("node"));
}

/** @param {PlanNode} node */
function about({ id, file, language, timeoutMs, retries, parents }) {
  return html`
    <header class="head"><h2>${id}</h2><a class="quiet" href=${query({ node: null })}>Close</a></header>
    <dl class="facts">
      <dt>file</dt>
      <dd><code>${file}</code></dd>
      <dt>language</dt>
      <dd>${language}</dd>
      <dt>timeout</dt>
      <dd>${duration(timeoutMs)}</dd>
      <dt>retries</dt>
      <dd>${retries}</dd>
      <dt>after</dt>
      <dd>${parents.join(", ") || "nothing: it is given the run's input"}</dd>
    </dl>
  `;
}

const refresh = paced(async () => {
  const { runs } = await get("runs?limit=50");
  if (!runs.length) return;
  keepingPlace(() => draw(html`${plot(runs)}${rows(runs.slice(0, 8), "short")}`, byId("recent-runs")));
});

function again() {
  const id = rowHere();
  if (id) location.assign(at(`runs/${id}?again=1`));
  else askToRun(workflow.inputSchema);
}

byId("address").textContent = at("");
byId("graph").addEventListener("click", follow);
byId("node").addEventListener("click", follow);
document.getElementById("run")?.addEventListener("click", () => askToRun(workflow.inputSchema));
listen({ move: moveRow, again: mayRun ? again : undefined });
whenChosen(drawGraph);
drawGraph();
keepTimes();
setInterval(keepTimes, 1000);
if (asked("run") && mayRun) {
  choose({ run: null }, { kept: true });
  askToRun(workflow.inputSchema);
}
new Live("runs/events", { run: refresh });
