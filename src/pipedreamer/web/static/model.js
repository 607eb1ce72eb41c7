/** A run in memory, and what its events change. Hearing an event twice changes nothing. */

/** @import { NodeEvent, NodeRun, PlanNode, Run, RunEvent } from "./shapes.d.ts" */

const LIVE = new Set(["accepted", "running"]);
/** @type {Record<string, string>} */
const AFTER = { ok: "succeeded", succeeded: "succeeded", retry: "waiting", running: "running" };

/** @param {{ state: string }} run */
export const isLive = (run) => LIVE.has(run.state);

/** @param {Run} run @param {NodeEvent} event */
export function hearNode(run, event) {
  let node = run.nodes.find(({ id }) => id === event.node);
  if (!node) {
    node = { id: event.node, state: "waiting", attempts: [], output: undefined };
    run.nodes.push(node);
  }
  const last = node.attempts.at(-1);
  if (last && last.number > event.attempt) return;
  if (event.attempt) {
    const held = last?.number === event.attempt ? last : null;
    if (held && event.state === "running") return;
    const attempt = held ?? { number: event.attempt, state: "", startedAt: event.at, endedAt: null };
    if (!held) node.attempts.push(attempt);
    attempt.state = event.state === "succeeded" ? "ok" : event.state;
    attempt.endedAt = event.state === "running" ? null : event.at;
    if (event.error) attempt.error = event.error;
  }
  node.state = AFTER[event.state] ?? event.state;
  if (run.state === "accepted") run.state = "running";
  run.startedAt ??= event.at;
}

/** @param {Run} run @param {RunEvent} event */
export function hearRun(run, event) {
  if (!isLive(run)) return;
  run.state = event.state;
  if (isLive(run)) {
    if (run.state === "running") run.startedAt ??= event.at;
    return;
  }
  run.endedAt = event.at;
  run.durationMs = event.at - (run.startedAt ?? run.acceptedAt);
}

/** What a node was given, as docs/nodes.md says. @param {Run} run @param {string[]} parents */
export function inputOf(run, parents) {
  if (!parents.length) return run.input;
  const outputs = Object.fromEntries(run.nodes.map((node) => [node.id, node.output]));
  return parents.length === 1 ? outputs[parents[0]] : Object.fromEntries(parents.map((id) => [id, outputs[id]]));
}

/** What finished nodes returned, by their ids. @param {Run} run */
export const outputsOf = (run) =>
  Object.fromEntries(run.nodes.filter(({ state }) => state === "succeeded").map(({ id, output }) => [id, output]));

/** The nodes that come after those of `ids`, and these. @param {Iterable<string>} ids @param {PlanNode[]} plan */
export function withChildren(ids, plan) {
  const found = new Set(ids);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { id, parents } of plan) if (parents.some((parent) => found.has(parent))) found.add(id);
  }
  return found;
}

/** @param {NodeRun[]} nodes */
export const failedOf = (nodes) => nodes.filter(({ state }) => state === "failed" || state === "interrupted");
