/** Values between nodes are JSON values: what a node returns becomes JSON text, or an error that names the place. */

import { VALUE_LIMIT } from "./protocol.ts";
import { utf8Length } from "./utf8.ts";

const { parse, stringify } = JSON;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { isFinite, isSafeInteger } = Number;
const { keys, getPrototypeOf, prototype: PLAIN } = Object;
const { toString: kindOf } = PLAIN;
const { isNaN } = Number;
const { Date: Dates, Error: Errors, RangeError: RangeErrors, String: toText } = globalThis;

const MOST_LEVELS = 250;
const LONGEST_PATH = 200;
const MAY_BE_INEXACT = /\d{16}|[eE]\+?\d{3}/;
const RETURNED = "the value that was returned is not JSON: output";
const TOO_LARGE = "the value that was returned is too large: output";
const WHOLE = /^-?\d+$/;
const HINTS = new Map([
  ["AsyncGenerator", "return a list"],
  ["Error", "return its message"],
  ["Generator", "return a list"],
  ["Map", "return Object.fromEntries() of it, or a list"],
  ["Promise", "is an `await` missing?"],
  ["Response", "return what its json() or text() gives"],
  ["Set", "return a list: [...it]"],
]);

/** A value that JSON does not have, or a number that JavaScript does not; the message names the path to it. */
export class NotJsonError extends Error {
  readonly #isOurs = true;

  /** What is thrown may be a node's proxy, which `instanceof` would ask. */
  static is(thrown: unknown): thrown is NotJsonError {
    return typeof thrown === "object" && thrown !== null && #isOurs in thrown;
  }
}

interface Problem {
  path: string;
  readonly text: string;
}

/** A number that no double is. */
class Inexact {
  constructor(readonly source: string) {}
}

/** What a node gets. Throws NotJsonError for a number that JavaScript would silently change. */
export function fromJson(text: string): unknown {
  if (!MAY_BE_INEXACT.test(text)) return parse(text);
  let isExact = true;
  const value = parse(text, (_key, item, context?: { source?: string }) => {
    if (typeof item !== "number" || context?.source === undefined || isHeld(item, context.source)) return item;
    isExact = false;
    return new Inexact(context.source);
  });
  if (isExact) return value;
  throw notJson("the input does not fit: input", problemOf(value, 0));
}

/** Whether a double is what was written, and would be written so again. */
function isHeld(value: number, source: string): boolean {
  if (!isFinite(value)) return false;
  return !WHOLE.test(source) || isSafeInteger(value) || toText(value) === source;
}

/** The JSON text of what a node returned: what JSON.stringify gives where it leaves nothing out. */
export function toJson(value: unknown): string {
  const problem = problemOf(value, 0);
  if (problem) throw notJson(RETURNED, problem);
  const text = written(value);
  if (text.length * 3 > VALUE_LIMIT) {
    const length = utf8Length(text);
    if (length > VALUE_LIMIT) {
      const [has, limit] = [length, VALUE_LIMIT].map((size) => size.toLocaleString("en"));
      throw notJson(TOO_LARGE, is(` has ${has} bytes, the limit is ${limit}: pass a reference instead`));
    }
  }
  return text;
}

function written(value: unknown): string {
  try {
    return stringify(value) ?? "null";
  } catch (error) {
    if (!(error instanceof RangeErrors)) throw error;
    throw notJson(RETURNED, is(" is longer than a text can be: pass a reference instead"));
  }
}

function notJson(what: string, problem: Problem | undefined): NotJsonError {
  const { path, text } = problem ?? is(" has no name for what is wrong with it");
  return new NotJsonError(what + (path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}...` : path) + text);
}

function is(text: string): Problem {
  return { path: "", text };
}

/** The first thing in a value that JSON does not have. */
function problemOf(value: unknown, depth: number): Problem | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : is(" holds half of a character (a lone surrogate), which is not text");
    case "number":
      return isFinite(value) ? undefined : is(` is ${value}, which JSON does not have; return null or text`);
    case "object":
      return value === null ? undefined : problemIn(value, depth);
    case "bigint":
      return is(" is a bigint; return it as text");
    case "function":
    case "symbol":
      return is(` is a ${typeof value}, which is no JSON value`);
  }
}

function problemIn(value: object, depth: number): Problem | undefined {
  if (depth >= MOST_LEVELS) return is(` nests deeper than ${MOST_LEVELS} levels (does it contain itself?)`);
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const problem = problemOf(value[i], depth + 1);
      if (problem) return within(`[${i}]`, problem);
    }
    return;
  }
  if (isView(value) || value instanceof Errors || value instanceof Inexact) return unknown(value);
  if ("toJSON" in value && typeof value.toJSON === "function") {
    if (value instanceof Dates && isNaN(value.getTime())) return is(" is an invalid Date");
    return problemOf(value.toJSON(""), depth + 1);
  }
  const names = keys(value);
  if (!names.length) return unknown(value);
  for (let i = 0; i < names.length; i++) {
    const problem = names[i].isWellFormed()
      ? problemOf((value as Record<string, unknown>)[names[i]], depth + 1)
      : is(" has a name that holds half of a character (a lone surrogate)");
    if (problem) return within(`.${names[i]}`, problem);
  }
}

function within(part: string, problem: Problem): Problem {
  problem.path = part + problem.path;
  return problem;
}

/** What is wrong with an object that JSON would write as if it held nothing; a plain one does hold nothing. */
function unknown(value: object): Problem | undefined {
  if (value instanceof Inexact) {
    return is(` is ${value.source}, which JavaScript cannot hold exactly; pass it as text`);
  }
  const prototype = getPrototypeOf(value);
  if (prototype === PLAIN || prototype === null) return;
  const name = toText(value.constructor?.name || kindOf.call(value).slice(8, -1)).slice(0, LONGEST_PATH);
  const hint = isView(value) ? "return text, or base64 of it" : HINTS.get(value instanceof Errors ? "Error" : name);
  return is(` is ${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}, which is no JSON value${hint ? `; ${hint}` : ""}`);
}
