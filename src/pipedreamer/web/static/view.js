/** What every place draws with: templates that escape, signs, states, times, copy buttons. */

/** @import { Drawn } from "./vendor/preact.d.ts" */
// @ts-types="./vendor/preact.d.ts"
import { Component, h, render } from "./vendor/preact.js";
// @ts-types="./vendor/htm.d.ts"
import htm from "./vendor/htm.js";
import { ago, exact, local } from "./words.js";

export const html = htm.bind(h);
export { Component };

/** States in words and signs, the same as `states.py`. @type {Record<string, [string, string]>} */
const STATES = {
  accepted: ["accepted", "clock"],
  waiting: ["waiting", "clock"],
  running: ["running", "play"],
  succeeded: ["succeeded", "check"],
  ok: ["succeeded", "check"],
  failed: ["failed", "cross"],
  retry: ["failed, tried again", "again"],
  cancelled: ["cancelled", "stop"],
  interrupted: ["interrupted", "bolt"],
  skipped: ["skipped", "skip"],
};

/** @param {string} state */
export const word = (state) => STATES[state]?.[0] ?? state;

/** @param {string} state */
export const shape = (state) => STATES[state]?.[1] ?? "clock";

/** @param {string} name */
export const sign = (name) =>
  html`
    <svg class="sign" aria-hidden="true">
      <use href=${`#sign-${name}`} />
    </svg>
  `;

/** @param {string} state */
export const stateOf = (state) =>
  html`<span class=${`state s-${state}`}>${sign(shape(state))}<span class="word">${word(state)}</span></span>`;

/** @param {number | null | undefined} ms */
export const moment = (ms) =>
  ms === null || ms === undefined
    ? null
    : html`<time data-ms=${ms} title=${`${local(ms)} here\n${exact(ms)}`}>${ago(ms)}</time>`;

/** @param {() => string} text made when it is asked for @param {string} label */
export const copyButton = (text, label) => {
  const name = `Copy ${label}`;
  const copy = () => toClipboard(text());
  return html`<button type="button" class="quiet" aria-label=${name} title=${name} onClick=${copy}>${
    sign("copy")
  }</button>`;
};

/** @param {string} text */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("The browser did not let this page copy.");
  }
}

/** An error's text, its places in files set apart, the same as `errors.py`. @param {string} text */
export function errorText(text) {
  const parts = text.split(/((?:[\w.-]{1,100}\/){0,20}[\w.-]{1,100}\.(?:py|ts|js|mjs|yaml):\d{1,7}(?::\d{1,7})?)/);
  return html`<pre class="error">${
    parts.map((part, index) => (index % 2 ? html`<b class="place">${part}</b>` : part))
  }</pre>`;
}

/** @type {WeakSet<Element>} */
const taken = new WeakSet();

/** Draws into `element`; what the engine had put there goes at the first time. @param {Drawn} drawn @param {Element} element */
export function draw(drawn, element) {
  if (!taken.has(element)) {
    element.replaceChildren();
    taken.add(element);
  }
  render(drawn, element);
}

/** @param {string} id */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** Says something to the reader for a while, also to one who listens. @param {string} text */
export function say(text) {
  const place = byId("said");
  place.textContent = text;
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(setTimeout(() => (place.textContent = ""), 6000));
}
