/** The keyboard: `/` search, `j` and `k` down and up, `enter` open, `r` run again, `?` this list. */

import { open } from "./dialog.js";
import { byId, html, toClipboard } from "./view.js";

/** @typedef {{ move?: (by: number) => void, enter?: () => void, again?: () => void }} Deeds */

const LIST = [["/", "search"], ["j", "down"], ["k", "up"], ["enter", "open"], ["r", "run again, after a question"], [
  "?",
  "this list",
]];

/** @param {Deeds} deeds of the place */
export function listen({ move, enter, again }) {
  /** @type {Record<string, () => unknown>} */
  const deeds = {
    "/": () => document.getElementById("search")?.focus(),
    j: () => move?.(1),
    k: () => move?.(-1),
    r: () => again?.(),
    "?": help,
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input, textarea, select")) return void (event.key === "Escape" && target.blur());
    if (event.key === "Enter" && enter && target.matches("body, main, .rows")) return enter();
    const deed = deeds[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
  byId("keys").addEventListener("click", help);
  document.addEventListener("click", copy);
}

function help() {
  open((close) =>
    html`
      <h2>Keyboard</h2>
      <dl class="facts">${LIST.map(([key, text]) =>
        html`
          <dt><kbd>${key}</kbd></dt>
          <dd>${text}</dd>
        `
      )}</dl>
      <div class="deeds"><button type="button" onClick=${close} autofocus>Close</button></div>
    `
  );
}

/** The copy buttons that the engine drew. @param {MouseEvent} event */
function copy(event) {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-copy], [data-copy-from]");
  if (!(button instanceof HTMLElement)) return;
  const { copy: text, copyFrom } = button.dataset;
  toClipboard(text ?? byId(copyFrom ?? "").textContent ?? "");
}
