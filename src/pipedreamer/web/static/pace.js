/** Work that many events ask for, done again only after a moment. */

const APART_MS = 1000;

/** @param {() => Promise<void>} work what it raises is left to the next time @returns {() => void} */
export function paced(work) {
  let [waiting, busy, again, due] = [false, false, false, 0];
  async function go() {
    waiting = false;
    busy = true;
    const begun = performance.now();
    try {
      await work();
    } catch {
      // the live notice says that the engine is away; the next event brings it up to date
    }
    busy = false;
    due = performance.now() + Math.max(APART_MS, 4 * (performance.now() - begun));
    if (again) call();
  }
  function call() {
    again = busy;
    if (busy || waiting) return;
    waiting = true;
    setTimeout(go, Math.max(0, due - performance.now()));
  }
  return call;
}
