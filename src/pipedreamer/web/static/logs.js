/** Log lines: all in memory, those in sight drawn; lines too long for the place go on in the next row. */

/** @import { Line } from "./shapes.d.ts" */
/** @import { Drawn } from "./vendor/preact.d.ts" */
import { asked, query } from "./address.js";
import { Component, html } from "./view.js";
import { Virtual } from "./virtual.js";
import { exact, local } from "./words.js";

const ROW = 20;
const LETTER = 7.3;
const LONGEST = 100_000;

/** @typedef {{ line: Line, text: string, first: boolean }} Row */

/** @param {Line} line @param {number} letters in a row @returns {Row[]} */
function cut(line, letters) {
  const made = [];
  for (const part of line.message.slice(0, LONGEST).split("\n")) {
    for (let from = 0; from === 0 || from < part.length; from += letters) {
      made.push({ line, text: part.slice(from, from + letters), first: !made.length });
    }
  }
  return made;
}

/** @typedef {{ lines: Line[], live: boolean, complete: boolean }} Props */

/** @extends {Component<Props, { letters: number, text: string }>} */
export class Logs extends Component {
  /** @param {Props} props */
  constructor(props) {
    super(props);
    this.state = { letters: 0, text: asked("find") };
    /** @type {Row[]} */
    this.rows = [];
    this.done = 0;
    this.made = "";
  }

  /** The rows of the lines that are asked for; only new lines cost work. @param {number} letters */
  laid(letters) {
    const { lines } = this.props;
    const key = [asked("node"), asked("level"), this.state.text, letters].join("\n");
    if (key !== this.made || lines.length < this.done) {
      this.rows = [];
      this.done = 0;
      this.made = key;
    }
    const [node, level, text] = [asked("node"), asked("level"), this.state.text.toLowerCase()];
    for (; this.done < lines.length; this.done++) {
      const line = lines[this.done];
      if (node && line.node !== node) continue;
      if (level && line.level.toLowerCase() !== level) continue;
      if (text && !line.message.toLowerCase().includes(text)) continue;
      for (const row of cut(line, letters)) this.rows.push(row);
    }
    return this.rows;
  }

  /** @param {number} width */
  measured(width) {
    const taken = width < 640 ? 116 : asked("node") ? 232 : 344;
    const letters = Math.max(20, Math.floor((width - taken) / LETTER));
    if (letters !== this.state.letters) this.setState({ letters });
  }

  /** @param {Event} event */
  typed(event) {
    const text = /** @type {HTMLInputElement} */ (event.target).value;
    history.replaceState(null, "", query({ find: text }));
    this.setState({ text });
  }

  /** @param {Props} props @param {{ letters: number, text: string }} state @returns {Drawn} */
  render({ lines, live, complete }, { letters, text }) {
    const rows = this.laid(letters || 100);
    const wanted = Number(asked("line"));
    const none = lines.length
      ? "No line fits."
      : live
      ? "No line yet."
      : html`No line was logged. <code>ctx.log.info("...")</code> in a node writes one.`;
    return html`
      <div class="finding">
        <label
          class="grow"><span class="hidden">Find in the lines</span><input type="search" id="search" placeholder="find in the lines" value=${text} onInput=${(
            /** @type {Event} */ event,
          ) => this.typed(event)} /></label>
        <nav aria-label="Levels">${["", "info", "warn", "error"].map((level) =>
          html`<a href=${query({ level })} aria-current=${asked("level") === level ? "true" : null}>${
            level || "all"
          }</a>`
        )}</nav>
        <span class="soft">${lines.length.toLocaleString("en")} lines${complete ? "" : "…"}</span>
      </div>
            ${rows.length ? null : html`<p class="empty">${none}</p>`}
            <div class=${`logs ${asked("node") ? "one" : ""}`}>
        <${Virtual} count=${rows.length} height=${ROW} label="Log lines" follows=${live}
          shown=${wanted ? rows.findIndex(({ line }) => line.n === wanted) : -1}
          measured=${(/** @type {number} */ width) => this.measured(width)}
          row=${(/** @type {number} */ index) => drawRow(rows[index], index, wanted)} />
      </div>
    `;
  }
}

/** @param {Row} row @param {number} index @param {number} wanted */
function drawRow({ line, text, first }, index, wanted) {
  const kind = `l-${line.level.toLowerCase()} ${line.n === wanted ? "chosen" : ""}`;
  if (!first) return html`<li key=${index} class=${kind}><span class="text on">${text}</span></li>`;
  return html`
    <li key=${index}
      class=${kind}><a class="n" href=${query({ line: String(line.n) })} aria-label=${`Link to line ${line.n}`}>${line
        .n}</a><time class="exactly" title=${`${local(line.at)} here\n${exact(line.at)}`}>${local(line.at).slice(
          11,
        )}</time><span class="level">${line.level}</span><span class="by">${line
        .node}</span><span class="text">${text}</span></li>
  `;
}
