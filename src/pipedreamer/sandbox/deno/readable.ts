/** Things as a person reads them in a log. */

import { TEXT_LIMIT } from "./protocol.ts";
import { said } from "./thrown.ts";

const { inspect } = Deno;
const { Error: Errors } = globalThis;
const OPTIONS: Deno.InspectOptions = {
  breakLength: Infinity,
  compact: true,
  depth: 8,
  strAbbreviateSize: TEXT_LIMIT,
};

/** Parts of a message as one line: text as it is, errors by name and message, anything else as Deno shows it. */
export function oneLine(parts: readonly unknown[]): string {
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
