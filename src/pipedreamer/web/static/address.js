/** The address is the state: what is chosen stands in its query, and what the page asks for is relative to the root. */

const root = new URL(document.documentElement.dataset.base ?? "./", location.href);

/** The address of `path` below the engine's root. @param {string} path */
export const at = (path) => new URL(path, root).href;

/** Whether whoever looks may start, cancel and repeat runs. */
export const mayRun = document.documentElement.dataset.readsOnly === undefined;

/** Leads to the login, and after it back to this place. */
export function toLogin() {
  const here = location.href.replace(location.hash, "").slice(root.href.length);
  location.assign(at(`login?next=${encodeURIComponent(here)}`));
}

/** @param {string} name */
export const asked = (name) => new URLSearchParams(location.search).get(name) ?? "";

/** The query with changes; "" and null take a name away. @param {Record<string, string | null>} changes */
export function query(changes) {
  const made = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) made.set(name, value);
    else made.delete(name);
  }
  const text = made.toString();
  return text ? `?${text}` : location.pathname;
}

/** Goes where a change of the query leads, without a new page. @param {Record<string, string | null>} changes */
export function choose(changes, { kept = false } = {}) {
  const to = query(changes);
  if (kept) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  dispatchEvent(new Event("chosen"));
}

/** Calls `then` whenever the query changes, also by the browser's own buttons. @param {() => void} then */
export function whenChosen(then) {
  addEventListener("chosen", then);
  addEventListener("popstate", then);
}

/** Makes a click on a link within the page a choice. @param {MouseEvent} event */
export function follow(event) {
  if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = /** @type {Element} */ (event.target).closest("a");
  if (!link) return;
  const to = new URL(link.getAttribute("href") ?? "", location.href);
  if (to.pathname !== location.pathname || to.hash) return;
  event.preventDefault();
  history.pushState(null, "", to);
  dispatchEvent(new Event("chosen"));
}
