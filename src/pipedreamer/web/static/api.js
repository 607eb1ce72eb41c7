/** Asks the engine, and says what it refuses in its own words. */

/** @import { Problem } from "./shapes.d.ts" */
import { at, toLogin } from "./address.js";
import { say } from "./view.js";

export class Refused extends Error {
  /** @param {number} status @param {string} message @param {Problem[]} problems */
  constructor(status, message, problems) {
    super(message);
    this.status = status;
    this.problems = problems;
  }
}

/** @param {Response} response */
async function read(response) {
  const text = await response.text();
  /** @type {any} */
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    if (response.ok) throw new Refused(response.status, "the engine's answer is not JSON", []);
  }
  if (response.ok) return answer;
  if (response.status === 401) toLogin();
  throw new Refused(response.status, answer.error ?? `the engine answered ${response.status}`, answer.problems ?? []);
}

/** @param {string} path @param {RequestInit} [how] */
async function ask(path, how) {
  try {
    return await fetch(at(path), how);
  } catch {
    say("The engine does not answer.");
    throw new Refused(0, "the engine does not answer; is it running?", []);
  }
}

/** @param {string} path */
export async function get(path) {
  return read(await ask(path, { headers: { Accept: "application/json" } }));
}

/** @param {string} path @param {string} [body] as JSON */
export async function post(path, body = "{}") {
  const headers = { Accept: "application/json", "Content-Type": "application/json", Prefer: "respond-async" };
  return read(await ask(path, { method: "POST", headers, body }));
}
