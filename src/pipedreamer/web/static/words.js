/** Durations, times and sizes as people say them, the same as `words.py`; times are local here. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const skew = Number(document.documentElement.dataset.now) - Date.now();

/** The engine's time in ms: what runs is measured by its clock, unless ours is as good. */
export const now = () => Date.now() + (Math.abs(skew) > 2 * SECOND ? skew : 0);

/** @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return two(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return two(ms, HOUR, "h", MINUTE, "min");
  return two(ms, DAY, "d", HOUR, "h");
}

/** @param {number} ms @param {number} whole @param {string} name @param {number} part @param {string} partName */
function two(ms, whole, name, part, partName) {
  const rest = Math.floor((ms % whole) / part);
  return `${Math.floor(ms / whole).toLocaleString("en")} ${name}` + (rest ? ` ${rest} ${partName}` : "");
}

/** @param {number} ms */
export function ago(ms) {
  const passed = now() - ms;
  if (passed < 5 * SECOND) return "just now";
  if (passed < MINUTE) return `${Math.floor(passed / SECOND)} s ago`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return local(ms).slice(0, 10);
}

/** @param {number} value @param {number} [digits] */
const padded = (value, digits = 2) => String(value).padStart(digits, "0");

/** `2026-01-01 01:00:00.123`, in the reader's own time. @param {number} ms */
export function local(ms) {
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${padded(at.getMonth() + 1)}-${padded(at.getDate())}`;
  return `${day} ${padded(at.getHours())}:${padded(at.getMinutes())}:${padded(at.getSeconds())}.${
    padded(at.getMilliseconds(), 3)
  }`;
}

/** `2026-01-01 00:00:00.123 UTC`. @param {number} ms */
export function exact(ms) {
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? `${ms} ms` : at.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** @param {number} count of bytes */
export function size(count) {
  if (count < 1024) return `${count} B`;
  let value = count;
  let name = "";
  for (const unit of ["KB", "MB", "GB"]) {
    value /= 1024;
    name = unit;
    if (value < 1024) break;
  }
  return `${value < 10 && value % 1 >= 0.05 ? value.toFixed(1) : value.toFixed(0)} ${name}`;
}

/** Times that the engine wrote into the page, told in the reader's time and kept up. @param {ParentNode} [within] */
export function keepTimes(within = document) {
  for (const element of within.querySelectorAll("time[data-ms]:not(.exactly)")) {
    const ms = Number(/** @type {HTMLElement} */ (element).dataset.ms);
    const text = ago(ms);
    if (element.textContent !== text) element.textContent = text;
    element.setAttribute("title", `${local(ms)} here\n${exact(ms)}`);
  }
}
