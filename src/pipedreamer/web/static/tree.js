/** A JSON value as a tree that is folded and drawn only where it is open. */

/** @import { Drawn } from "./vendor/preact.d.ts" */
import { at } from "./address.js";
import { get } from "./api.js";
import { Component, copyButton, html } from "./view.js";
import { size } from "./words.js";

const PAGE = 100;
const LONG = 400;
const SHOWABLE = 20 * 1024 * 1024;

/** @param {unknown} value @returns {[string, unknown][] | null} */
const children = (value) => value !== null && typeof value === "object" ? Object.entries(value) : null;

/** What stands for a folded value. @param {unknown} value */
function short(value) {
  if (Array.isArray(value)) return value.length ? `[ ${value.length.toLocaleString("en")} ]` : "[]";
  const count = Object.keys(/** @type {object} */ (value)).length;
  return count ? `{ ${count.toLocaleString("en")} }` : "{}";
}

/** Where a value that is not here can be had: below the engine's root and nowhere else. @param {unknown} value */
export function largeOf(value) {
  const { $large: bytes, href } = /** @type {{ $large?: unknown, href?: unknown }} */ (value ?? {});
  if (typeof bytes !== "number" || typeof href !== "string" || !/^[\w%~./?=&-]+$/.test(href)) return null;
  return { bytes, href: at(href.replace(/^\/+/, "")) };
}

/** @extends {Component<{ value: unknown, name?: string, depth: number }, { open: boolean, shown: number }>} */
class Branch extends Component {
  /** @param {{ value: unknown, name?: string, depth: number }} props */
  constructor(props) {
    super(props);
    const count = children(props.value)?.length ?? 0;
    this.state = { open: props.depth === 0 || (props.depth < 3 && count <= 12), shown: PAGE };
  }

  /** @param {{ value: unknown, name?: string, depth: number }} props @param {{ open: boolean, shown: number }} state @returns {Drawn} */
  render({ value, name, depth }, { open, shown }) {
    const inside = children(value);
    const key = name === undefined ? null : html`<span class="key">${name}</span>`;
    if (!inside || !inside.length) {
      return html`<div class="leaf">${key}${inside ? short(value) : html`<${Leaf} value=${value} />`}</div>`;
    }
    const more = inside.length - shown;
    return html`<div class="branch">
      <button type="button" class="fold" aria-expanded=${open} onClick=${() =>
      this.setState({ open: !open })}>${key}<span class="soft">${short(value)}</span></button>
      ${
      open && html`<div class="inside">
        ${
        inside.slice(0, shown).map(([key, part]) =>
          html`<${Branch} key=${key} name=${key} value=${part} depth=${depth + 1} />`
        )
      }
        ${
        more > 0 &&
        html`<button type="button" class="quiet" onClick=${() => this.setState({ shown: shown + 10 * PAGE })}>${
          more.toLocaleString("en")
        } more…</button>`
      }
      </div>`
    }
    </div>`;
  }
}

/** @extends {Component<{ value: unknown }, { whole: boolean }>} */
class Leaf extends Component {
  /** @param {{ value: unknown }} props @param {{ whole: boolean }} state @returns {Drawn} */
  render({ value }, { whole }) {
    const kind = value === null ? "null" : typeof value;
    const text = JSON.stringify(value) ?? "nothing";
    if (text.length <= LONG || whole) return html`<span class=${`v-${kind}`}>${text}</span>`;
    return html`
      <span class=${`v-${kind}`}>${text.slice(0, LONG)}…</span> <button type="button" class="quiet"
        onClick=${() => this.setState({ whole: true })}>all ${text.length.toLocaleString("en")} characters</button>
    `;
  }
}

/** @extends {Component<{ value: unknown, label: string }, { fetched?: unknown, trouble?: string }>} */
export class Tree extends Component {
  /** @param {{ value: unknown, label: string }} before */
  componentDidUpdate(before) {
    if (before.value !== this.props.value) this.setState({ fetched: undefined, trouble: "" });
  }

  /** @param {string} href */
  async fetch(href) {
    try {
      this.setState({ fetched: await get(href) });
    } catch (error) {
      this.setState({ trouble: String(error) });
    }
  }

  /** @param {{ value: unknown, label: string }} props @param {{ fetched?: unknown, trouble?: string }} state @returns {Drawn} */
  render({ value, label }, { fetched, trouble }) {
    const large = largeOf(value);
    if (fetched === undefined && large) {
      const { href, bytes } = large;
      return html`<p class="note">${size(bytes)}: not fetched with the page. <a href=${href} download>Download</a>
        ${
        bytes <= SHOWABLE && html`
          <button type="button" onClick=${() => this.fetch(href)}>Show it</button>
        `
      } ${trouble}</p>`;
    }
    if (value === undefined) return html`<p class="empty">There is nothing here yet.</p>`;
    const shown = fetched === undefined ? value : fetched;
    return html`
      <div class="tree">
        <div class="float">${copyButton(() => JSON.stringify(shown, null, 2), label)}</div>
        <${Branch} value=${shown} depth=${0} />
      </div>
    `;
  }
}
