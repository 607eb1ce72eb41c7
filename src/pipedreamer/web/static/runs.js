/** The place "Runs": the list kept up to date, its filters, the keyboard. */

/** @import { Summary } from "./shapes.d.ts" */
import { asked, at, mayRun } from "./address.js";
import { get } from "./api.js";
import { listen } from "./keys.js";
import { Live } from "./live.js";
import { paced } from "./pace.js";
import { keepingPlace, moveRow, rowHere, rows } from "./run_list.js";
import { byId, draw, html } from "./view.js";
import { keepTimes } from "./words.js";

/** @type {Set<string>} */
const shown = new Set(
  [...document.querySelectorAll(".run")].map((row) => /** @type {HTMLElement} */ (row).dataset.id ?? ""),
);
/** @type {Summary[]} */
let newest = [];

const refresh = paced(async () => {
  const { runs } = await get(`runs${location.search}`);
  newest = runs;
  const fresh = runs.filter((/** @type {Summary} */ { id }) => !shown.has(id)).length;
  const still = scrollY < 40 && !rowHere();
  if (still || !fresh) return take();
  byId("fresh").hidden = false;
  byId("fresh").textContent = `${fresh} new ${fresh === 1 ? "run" : "runs"}: show`;
});

function take() {
  byId("fresh").hidden = true;
  for (const { id } of newest) shown.add(id);
  if (newest.length) keepingPlace(() => draw(html`${LABELS}${rows(newest)}`, byId("list")));
}

const LABELS = html`<div class="labels" aria-hidden="true">${
  ["Run", "State", "When", "Duration", "Trigger", "Version", "Error"].map((name) => html`<span>${name}</span>`)
}</div>`;

/** Names that were left empty stay out of the address; times that were given are ms. @param {SubmitEvent} event */
function filter(event) {
  event.preventDefault();
  const given = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const made = new URLSearchParams();
  for (const [name, value] of given) if (value) made.set(name, String(value));
  for (const [id, name] of [["from", "since"], ["to", "until"]]) {
    const ms = new Date(/** @type {HTMLInputElement} */ (byId(id)).value).getTime();
    if (ms) made.set(name, String(ms));
  }
  location.assign(at(`runs${made.size ? `?${made}` : ""}`));
}

const filters = /** @type {HTMLFormElement} */ (byId("filters"));
filters.addEventListener("submit", filter);
filters.addEventListener("change", (event) => {
  if (/** @type {Element} */ (event.target).matches("select")) filters.requestSubmit();
});
byId("fresh").addEventListener("click", take);
for (const [id, name] of [["from", "since"], ["to", "until"]]) {
  const ms = Number(asked(name));
  if (ms && asked("until")) {
    const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
    /** @type {HTMLInputElement} */ (byId(id)).value = local.toISOString().slice(0, 19);
  }
}
const address = document.getElementById("address");
if (address) address.textContent = at("");
listen({ move: moveRow, again: () => mayRun && rowHere() && location.assign(at(`runs/${rowHere()}?again=1`)) });
keepTimes();
setInterval(keepTimes, 1000);
if (!asked("before")) new Live("runs/events", { run: refresh });
