/** What is known of the chosen node, or of the whole run: logs, output, input, attempts. */

/** @import { Line, NodeRun, PlanNode, Run } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { asked, query } from "./address.js";
import { Logs } from "./logs.js";
import { inputOf, isLive, outputsOf } from "./model.js";
import { Tree } from "./tree.js";
import { errorText, html, moment, stateOf } from "./view.js";
import { duration, now } from "./words.js";

/** @typedef {{ run: Run, plan: PlanNode[], lines: Line[], complete: boolean }} Known */

const TABS = ["logs", "output", "input", "attempts"];

/** @param {Known} known @returns {Drawn} */
export function inspector({ run, plan, lines, complete }) {
  const node = run.nodes.find(({ id }) => id === asked("node"));
  const planned = plan.find(({ id }) => id === node?.id);
  const tabs = node ? TABS : TABS.slice(0, 3);
  const tab = tabs.includes(asked("tab")) ? asked("tab") : "logs";
  const shown = {
    logs: () => html`<${Logs} lines=${lines} live=${isLive(run)} complete=${complete} />`,
    output: () =>
      html`<${Tree} key="output" value=${node ? node.output ?? missing(node) : outputsOf(run)} label="the output" />`,
    input: () => html`<${Tree} key="input" value=${inputOf(run, planned?.parents ?? [])} label="the input" />`,
    attempts: () => node && attempts(node),
  }[tab];
  return html`
    <header class="head">
          <h2>${node ? html`${node.id} ${stateOf(node.state)}` : "The whole run"}</h2>
          ${planned && html`<span class="soft">${planned.file}</span>`}
          ${node && html`<a class="quiet" href=${query({ node: null, tab: null, line: null })}>Show the whole run</a>`}
        </header>
    <nav class="tabs" aria-label="Views">${tabs.map((name) =>
      html`<a href=${query({ tab: name, line: null })} aria-current=${name === tab ? "true" : null}>${
        name[0].toUpperCase() + name.slice(1)
      }</a>`
    )}</nav>
    <div class="shown">${shown?.()}</div>
  `;
}

/** An output of null is a value, that of a node which has not finished is none. @param {NodeRun} node */
const missing = (node) => (node.state === "succeeded" ? null : undefined);

/** @param {NodeRun} node @returns {Drawn} */
function attempts({ attempts }) {
  if (!attempts.length) return html`<p class="empty">It has not started.</p>`;
  return html`<ol class="attempts">${
    attempts.map((attempt) =>
      html`<li key=${attempt.number}><b>Attempt ${attempt.number}</b> ${stateOf(attempt.state)} ${
        moment(attempt.startedAt)
      } ${duration((attempt.endedAt ?? now()) - attempt.startedAt)}${
        attempt.error ? errorText(attempt.error) : null
      }</li>`
    )
  }</ol>`;
}
