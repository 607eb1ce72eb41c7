/** The timeline: a row for each node, waits hatched, attempts one below the other, the critical path underlined. */

/** @import { Bar, Parents, Row } from "./timeline.js" */
/** @import { Run } from "./shapes.d.ts" */
import { asked, query } from "./address.js";
import { isLive } from "./model.js";
import { rows, startOf, ticks } from "./timeline.js";
import { Component, html, stateOf, word } from "./view.js";
import { Virtual } from "./virtual.js";
import { duration, now } from "./words.js";

const ROW = 28;

/** @extends {Component<{ run: Run, parents: Parents }, { width: number }>} */
export class Gantt extends Component {
  /** @param {{ run: Run, parents: Parents }} props */
  constructor(props) {
    super(props);
    this.state = { width: 0 };
  }

  /** @param {{ run: Run, parents: Parents }} props @param {{ width: number }} state */
  render({ run, parents }, { width }) {
    const start = startOf(run);
    const end = run.endedAt ?? (isLive(run) ? now() : start);
    const made = rows(run, parents, end);
    const chosen = asked("node");
    const whole = Math.max(1, end - start);
    const names = width < 520 ? 132 : 208;
    const room = Math.max(40, width - names - 80);
    return html`
      <div class=${`axis ${names < 200 ? "close" : ""}`} aria-hidden="true">
        <svg class="bars" width=${room} height="20">${ticks(whole, room).map((ms) =>
          html`<text x=${(ms / whole) * room} y="14">${duration(ms)}</text>`
        )}</svg>
      </div>
      <${Virtual} count=${made.length} height=${ROW} label="Nodes over time" shown=${made.findIndex(({ node }) =>
        node.id === chosen
      )} measured=${(/** @type {number} */ width) => this.setState({ width })}
        row=${(/** @type {number} */ index) =>
          drawRow(made[index], index, made.length, { chosen, start, whole, room })} />
    `;
  }
}

/** @param {Row} row @param {number} index @param {number} count @param {{ chosen: string, start: number, whole: number, room: number }} scale */
function drawRow({ node, bars, critical, took }, index, count, { chosen, start, whole, room }) {
  const tries = node.attempts.length > 1 ? `, ${node.attempts.length} attempts` : "";
  const name = `${node.id}, ${word(node.state)}${took === null ? "" : `, ${duration(took)}`}${tries}${
    critical ? ", on the critical path" : ""
  }`;
  const x = (/** @type {number} */ at) => Math.max(0, Math.min(room, ((at - start) / whole) * room));
  const drawn = bars.map((bar) => drawBar(bar, x, room));
  const first = bars.find(({ kind }) => kind !== "wait");
  const line = critical && first
    ? html`<rect class="b-critical" x=${x(first.from)} width=${
      Math.max(2, x(bars[bars.length - 1].to) - x(first.from))
    } y="23" height="2" />`
    : null;
  return html`<li key=${node.id} class=${
    node.id === chosen ? "row chosen" : "row"
  } aria-setsize=${count} aria-posinset=${index + 1}>
    <a href=${query({ node: node.id, line: null })} aria-label=${name} aria-current=${
    node.id === chosen ? "true" : null
  }>
      <span class="who">${stateOf(node.state)}<span class="id" title=${node.id}>${node.id}</span></span>
      <svg class="bars" aria-hidden="true" width=${room}>${drawn}${line}</svg>
      <span class="took">${duration(took)}</span>
    </a></li>`;
}

/** @param {Bar} bar @param {(at: number) => number} x @param {number} room */
function drawBar({ kind, from, to, lane, lanes }, x, room) {
  const tall = Math.max(6, 16 / lanes);
  const width = Math.max(kind === "wait" ? 0 : 2, x(to) - x(from));
  return html`<rect class=${`b-${kind}`} x=${Math.min(x(from), room - width)} width=${width} y=${
    4 + lane * (16 - tall) / Math.max(1, lanes - 1)
  } height=${kind === "wait" ? 16 : tall} />`;
}
