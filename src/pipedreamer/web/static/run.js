/** The place "Run": its timeline, graph, head and inspector, drawn anew when something has changed. */

/** @import { Line, NodeEvent, Run, RunEvent, Workflow } from "./shapes.d.ts" */
import { askToCancel, askToRunAgain } from "./again.js";
import { asked, choose, follow, mayRun, whenChosen } from "./address.js";
import { get } from "./api.js";
import { Gantt } from "./gantt.js";
import { Graph } from "./graph.js";
import { inspector } from "./inspector.js";
import { listen } from "./keys.js";
import { Live } from "./live.js";
import { hearNode, hearRun, isLive } from "./model.js";
import { paced } from "./pace.js";
import { head } from "./run_head.js";
import { byId, draw, html, word } from "./view.js";
import { keepTimes } from "./words.js";

const path = `runs/${byId("head").dataset.id}`;
/** @type {[Run, Workflow]} */
let [run, { nodes: plan }] = await Promise.all([get(path), get("workflow")]);
const parents = new Map(plan.map(({ id, parents }) => [id, parents]));
/** @type {Line[]} */
const lines = [];
let complete = isLive(run);
let due = false;

/** What changes with time alone. */
function drawTime() {
  draw(head(run, { cancel: () => askToCancel(run), again }), byId("head"));
  draw(html`<${Gantt} run=${run} parents=${parents} />`, byId("timeline"));
}

function drawAll() {
  due = false;
  drawTime();
  const states = new Map(run.nodes.map(({ id, state }) => [id, state]));
  const stale = run.nodes.some(({ id }) => !parents.has(id)) || plan.some(({ id }) => !states.has(id));
  const note = stale && html`<p class="stale">The workflow has changed since this run: this is the graph of now.</p>`;
  draw(html`<${Graph} plan=${plan} direction="TB" states=${states} />${note}`, byId("graph"));
  draw(inspector({ run, plan, lines, complete }), byId("inspector"));
  document.title = document.title.replace(/^.*?(?= ·)/, word(run.state));
}

function drawSoon() {
  if (due) return;
  due = true;
  requestAnimationFrame(drawAll);
}

/** What events do not tell: outputs. */
const fetchValues = paced(async () => {
  const held = await get(path);
  if (isLive(held) && !isLive(run)) return;
  run = held;
  drawSoon();
});

/** @param {Line} line */
function hearLine(line) {
  if (line.n <= (lines.at(-1)?.n ?? 0)) return;
  lines.push(line);
  drawSoon();
}

/** The lines of a run that has ended. */
async function fetchLines() {
  for (let after = 0, more = true; more;) {
    const page = await get(`${path}/logs?after=${after}`);
    page.lines.forEach(hearLine);
    more = page.next !== null && page.lines.length > 0;
    after = page.next;
  }
  complete = true;
  drawSoon();
}

function again() {
  if (!isLive(run) && mayRun) askToRunAgain(run, plan);
}

/** @param {number} by */
function move(by) {
  const here = run.nodes.findIndex(({ id }) => id === asked("node"));
  const next = run.nodes[here < 0 ? (by > 0 ? 0 : run.nodes.length - 1) : here + by];
  if (next) choose({ node: next.id, line: null }, { kept: true });
}

for (const id of ["timeline", "graph", "inspector", "head"]) byId(id).addEventListener("click", follow);
whenChosen(() => {
  if (isLive(run) && asked("tab")) fetchValues();
  drawSoon();
});
listen({
  move,
  again,
  enter: () => /** @type {HTMLElement} */ (document.querySelector(".tabs a[aria-current]"))?.focus(),
});
drawAll();
if (asked("line")) byId("inspector").scrollIntoView();
setInterval(keepTimes, 1000);
if (asked("again")) {
  choose({ again: null }, { kept: true });
  again();
}
if (isLive(run)) {
  const ticking = setInterval(() => document.hidden || drawTime(), 250);
  new Live(`${path}/events`, {
    log: hearLine,
    node: (/** @type {NodeEvent} */ event) => {
      hearNode(run, event);
      if (event.state !== "running" && asked("tab")) fetchValues();
      drawSoon();
    },
    run: (/** @type {RunEvent} */ event, live) => {
      hearRun(run, event);
      if (!isLive(run)) {
        live.end();
        clearInterval(ticking);
        fetchValues();
      }
      drawSoon();
    },
  });
} else {
  await fetchLines();
}
