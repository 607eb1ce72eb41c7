/** Rows of runs and the plot of their durations, the same as the templates draw them. */

/** @import { Summary } from "./shapes.d.ts" */
import { at } from "./address.js";
import { html, moment, stateOf, word } from "./view.js";
import { duration } from "./words.js";

const [MOST, WIDTH, HEIGHT] = [50, 8, 48];

/** @param {Summary[]} runs */
const longest = (runs) => Math.max(1, ...runs.map(({ durationMs }) => durationMs ?? 0));

/** @param {Summary[]} runs @param {string} [kind] */
export function rows(runs, kind = "") {
  const most = longest(runs);
  return html`<ol class=${`runs ${kind}`}>${runs.map((run) => row(run, most))}</ol>`;
}

/** @param {Summary} run @param {number} most */
function row({ id, state, acceptedAt, durationMs, trigger, version, error, rerunOf }, most) {
  const name = id.slice(0, 12);
  const length = durationMs === null ? null : Math.max(1, (100 * Math.log1p(durationMs)) / Math.log1p(most));
  return html`<li key=${id} class="run" data-id=${id}>
    <a class="open" href=${at(`runs/${encodeURIComponent(id)}`)} aria-label=${`Run ${name}, ${word(state)}, ${
    duration(durationMs)
  }`}><code>${name}</code></a>
    ${stateOf(state)}
    <span class="when">${moment(acceptedAt)}</span>
    <span class="took">${
    length && html`
      <svg class="length" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class=${`b-${state}`} width=${length} height="4" />
      </svg>
    `
  }<span>${duration(durationMs)}</span></span>
    <span class="how">${trigger}</span>
    <span class="which">${version}</span>
    <span class="why" title=${error ?? ""}>${
    rerunOf && html`<span class="soft">again from ${rerunOf.slice(0, 12)} </span>`
  }${error}</span>
  </li>`;
}

/** @param {Summary[]} all */
export function plot(all) {
  const runs = all.slice(0, MOST);
  const most = Math.log1p(longest(runs));
  return html`<svg class="plot" viewBox=${`0 0 ${
    MOST * WIDTH
  } ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${`Durations of the last ${runs.length} runs, the newest on the right`}>${
    runs.map(({ id, state, durationMs }, index) => {
      const height = 4 + ((HEIGHT - 4) * Math.log1p(durationMs ?? 0)) / most;
      return html`
        <a key=${id} href=${at(`runs/${encodeURIComponent(id)}`)}
          tabindex="-1"><rect class=${`b-${state}`} x=${(MOST - 1 - index) * WIDTH} y=${HEIGHT -
            height} width="6" height=${height}><title>${word(state)}, ${duration(durationMs)}</title></rect></a>
      `;
    })
  }</svg>`;
}

/** Moves the keyboard's place from row to row. @param {number} by */
export function moveRow(by) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".run a.open")]);
  const here = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  links[here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, here + by))]?.focus();
}

/** The id of the row that has the keyboard's place, or "". */
export const rowHere = () =>
  /** @type {HTMLElement | null} */ (document.activeElement?.closest(".run"))?.dataset.id ?? "";

/** Draws rows anew; the keyboard's place stays where it was. @param {() => void} drawn */
export function keepingPlace(drawn) {
  const here = rowHere();
  drawn();
  if (!here || rowHere() === here) return;
  const row = [...document.querySelectorAll(".run")].find((each) =>
    /** @type {HTMLElement} */ (each).dataset.id === here
  );
  /** @type {HTMLElement | null | undefined} */ (row?.querySelector("a.open"))?.focus({ preventScroll: true });
}
