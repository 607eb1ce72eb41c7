/** Lines of a log: things as a person reads them, and whose they are. */

import type { Attempt } from "./attempt.ts";
import { clean, said } from "./explain.ts";
import { type Level, TEXT_LIMIT } from "./protocol.ts";
import type { Outbox } from "./wire.ts";

const { inspect } = Deno;
const { Error: Errors } = globalThis;
const OPTIONS: Deno.InspectOptions = {
  breakLength: Infinity,
  compact: true,
  depth: 8,
  strAbbreviateSize: TEXT_LIMIT,
};

/** Send a line of an attempt, or of code that runs outside of any, cut where it is absurdly long. */
export function log(outbox: Outbox, attempt: Attempt | undefined, level: Level, text: string): void {
  if (attempt === undefined) outbox.send(["log", -1, -1, 0, level, clean(text)]);
  else outbox.send(["log", attempt.run, attempt.node, attempt.number, level, clean(text)]);
}

/** Parts of a message as one line: text as it is, errors by name and message, anything else as Deno shows it. */
export function line(parts: readonly unknown[]): string {
  let text = "";
  for (let i = 0; i < parts.length; i++) text += (i ? " " : "") + readable(parts[i]);
  return text;
}

/** A thing on one line. It is a node's own, and may throw when it is looked at. */
function readable(thing: unknown): string {
  if (typeof thing === "string") return thing;
  try {
    return thing instanceof Errors ? said(thing) : inspect(thing, OPTIONS).replace(/\n\s*/g, " ");
  } catch {
    return "(cannot be shown)";
  }
}
