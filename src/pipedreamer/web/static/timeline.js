/** A run as bars over time, the same as `timeline.py`: ms in, ms out. */

/** @import { NodeRun, Run } from "./shapes.d.ts" */

/**
 * @typedef {{ kind: string, from: number, to: number, lane: number, lanes: number }} Bar
 * @typedef {{ node: NodeRun, bars: Bar[], critical: boolean, took: number | null }} Row
 * @typedef {Map<string, string[]>} Parents
 */

/** @param {NodeRun} node @param {number} end */
const endedAt = (node, end) => node.attempts.length ? node.attempts[node.attempts.length - 1].endedAt ?? end : null;

/** @param {Run} run */
export const startOf = (run) => run.startedAt ?? run.acceptedAt;

/** @param {Run} run @param {Parents} parents @param {number} end when it ended, or now @returns {Row[]} */
export function rows(run, parents, end) {
  const ends = new Map(run.nodes.map((node) => [node.id, endedAt(node, end)]));
  const chain = criticalPath(parents, ends);
  return run.nodes.map((node) => {
    const above = (parents.get(node.id) ?? []).filter((id) => ends.has(id));
    const ready = above.length ? Math.max(...above.map((id) => ends.get(id) ?? end)) : startOf(run);
    const { attempts } = node;
    const took = attempts.length ? (attempts[attempts.length - 1].endedAt ?? end) - attempts[0].startedAt : null;
    return { node, bars: bars(node, ready, end), critical: chain.has(node.id), took };
  });
}

/** From the node that ended last, always the parent that ended last. @param {Parents} parents @param {Map<string, number | null>} ends */
function criticalPath(parents, ends) {
  /** @param {Iterable<string>} ids */
  const latest = (ids) => {
    /** @type {string | null} */
    let found = null;
    for (const id of ids) if (ends.get(id) && (!found || (ends.get(id) ?? 0) > (ends.get(found) ?? 0))) found = id;
    return found;
  };
  /** @type {Set<string>} */
  const chain = new Set();
  for (let step = latest(ends.keys()); step && !chain.has(step); step = latest(parents.get(step) ?? [])) {
    chain.add(step);
  }
  return chain;
}

/** @param {NodeRun} node @param {number} ready @param {number} end @returns {Bar[]} */
function bars(node, ready, end) {
  /** @type {Bar[]} */
  const made = [];
  const lanes = Math.min(node.attempts.length, 4);
  let waited = ready;
  node.attempts.forEach((attempt, index) => {
    if (attempt.startedAt > waited) made.push({ kind: "wait", from: waited, to: attempt.startedAt, lane: 0, lanes: 1 });
    const to = attempt.endedAt ?? end;
    made.push({ kind: attempt.state, from: attempt.startedAt, to, lane: Math.min(index, lanes - 1), lanes });
    waited = to;
  });
  if (node.state === "waiting" && end > waited) made.push({ kind: "wait", from: waited, to: end, lane: 0, lanes: 1 });
  return made;
}

/** Moments for an axis of `whole` ms in `width` pixels, as ms since the start. @param {number} whole @param {number} width */
export function ticks(whole, width) {
  const least = (whole * 88) / Math.max(width, 88);
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5];
  const step = steps.find((ms) => ms >= least) ?? Math.ceil(least / 36e5) * 36e5;
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, index) => index * step);
}
