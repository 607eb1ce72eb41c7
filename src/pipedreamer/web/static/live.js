/** Events as they come. A lost connection is said and comes back by itself; a page that nobody sees holds none. */

import { at, toLogin } from "./address.js";
import { byId } from "./view.js";

const LONGEST_MS = 15_000;

export class Live {
  /** @param {string} path @param {Record<string, (data: any, live: Live) => void>} heard what to do with each kind of event */
  constructor(path, heard) {
    this.path = path;
    this.heard = heard;
    this.wait = 1000;
    this.timer = 0;
    this.ended = false;
    /** @type {EventSource | null} */
    this.source = null;
    this.seen = () => (document.hidden ? this.pause() : this.open());
    document.addEventListener("visibilitychange", this.seen);
    addEventListener("pagehide", () => this.pause());
    addEventListener("pageshow", this.seen);
    this.open();
  }

  open() {
    if (this.source || this.ended) return;
    clearTimeout(this.timer);
    const source = new EventSource(at(this.path));
    this.source = source;
    source.onopen = () => {
      this.wait = 1000;
      clearTimeout(this.timer);
      notice("Live");
    };
    source.onerror = () => this.lost(source);
    for (const [kind, hear] of Object.entries(this.heard)) {
      source.addEventListener(kind, (event) => hear(JSON.parse(event.data), this));
    }
  }

  /** @param {EventSource} source */
  lost(source) {
    if (source !== this.source) return;
    notice("Connection lost, trying again…", true);
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again itself
    this.source = null;
    fetch(at("workflow"), { method: "HEAD" }).then(({ status }) => status === 401 && toLogin(), () => {});
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_MS);
  }

  pause() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  /** There is nothing more to come. */
  end() {
    this.ended = true;
    this.pause();
    document.removeEventListener("visibilitychange", this.seen);
    removeEventListener("pageshow", this.seen);
    notice("");
  }
}

/** @param {string} text */
function notice(text, bad = false) {
  const place = byId("live");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("lost", bad);
  place.classList.toggle("on", text === "Live");
}
