/** What a thrown thing says of itself. It is a node's own: each part may throw when it is read. */

const { inspect } = Deno;
const { AggregateError: AggregateErrors, Error: Errors, String: toText } = globalThis;

const MOST_VISITED = 100;
const LONGEST_NAME = 200;
const LONGEST_THING = 10_000;

/** The name and message of an error, without its place. */
export function said(error: Error): string {
  const message = read(error, "message");
  return message ? `${nameOf(error)}: ${message}` : nameOf(error);
}

/** An error itself, or the errors that an AggregateError holds. */
export function leavesOf(thrown: unknown): unknown[] {
  const leaves: unknown[] = [];
  const waiting = [thrown];
  for (let visited = 0; waiting.length && visited < MOST_VISITED; visited++) {
    const found = waiting.pop();
    if (found instanceof AggregateErrors && found.errors.length) waiting.push(...[...found.errors].reverse());
    else leaves.push(found);
  }
  return leaves.length ? leaves : [thrown];
}

export function causeOf(thrown: unknown): unknown {
  try {
    return thrown instanceof Errors ? thrown.cause : undefined;
  } catch {
    return undefined;
  }
}

/** `TypeError`, or the name of the class where an error has no name of its own. */
export function nameOf(error: Error): string {
  const name = read(error, "name");
  const own = name === "Error" ? toText(error.constructor?.name || name) : name;
  return (own || "Error").slice(0, LONGEST_NAME);
}

/** A part of an error as text. */
export function read(error: Error, part: "name" | "message" | "stack"): string {
  try {
    return toText(error[part] ?? "");
  } catch {
    return part === "message" ? "(its message cannot be had)" : "";
  }
}

/** What was thrown and is no error. */
export function notAnError(thrown: unknown): string {
  const kind = thrown === null ? "null" : typeof thrown;
  const shown = typeof thrown === "string" ? thrown : inspect(thrown, { compact: true, breakLength: Infinity });
  return `${shown.slice(0, LONGEST_THING)} [thrown as ${kind}: throw an Error, which knows its place]`;
}
