/** Changing what the worker's own code is made of. What it holds besides its nodes' own values is looked for. */

import { loot, pause } from "./attempt.ts";

const UNPROVEN = "there is no worker where nothing is locked";
const { stringify } = JSON;
const MOMENT_MS = 60;

/** Put a spy in a function's place for a moment: what it was called with and on. */
async function overheard(owner: object, ...names: PropertyKey[]): Promise<string[]> {
  const seen: string[] = [];
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(owner, name)] as const);
  for (const [name, was] of before) {
    if (typeof was?.value !== "function") continue;
    Object.defineProperty(owner, name, {
      ...was,
      value: function (this: unknown, ...given: unknown[]) {
        try {
          if (seen.length < 1000) seen.push(stringify([this, given]));
        } catch { /* cyclic */ }
        return Reflect.apply(was.value, this, given);
      },
    });
  }
  console.log("so that the worker has something to do");
  await pause(MOMENT_MS);
  for (const [name, was] of before) if (was) Object.defineProperty(owner, name, was);
  return seen;
}

const found = async (owner: object, ...names: PropertyKey[]) => loot((await overheard(owner, ...names)).join("\n"));

export const tables = () => found(Map.prototype, "get", "set", "has", "delete", "forEach");
tables.unproven = UNPROVEN;

export const sets = () => found(Set.prototype, "add", "delete", Symbol.iterator);
sets.unproven = UNPROVEN;

export const lists = () => found(Array.prototype, "push", "map", "filter", "includes", Symbol.iterator);
lists.unproven = UNPROVEN;

export const bytes = () => found(Object.getPrototypeOf(Uint8Array.prototype), "subarray", "set", "slice", "copyWithin");
bytes.unproven = UNPROVEN;

export const texts = () => found(String.prototype, "replace", "replaceAll", "slice", "split", "startsWith", "trim");
texts.unproven = UNPROVEN;

export const decoders = () => found(TextDecoder.prototype, "decode");
decoders.unproven = UNPROVEN;

export const json = () => found(JSON, "parse", "stringify");
json.unproven = UNPROVEN;

export const promises = () => found(Promise.prototype, "then", "catch", "finally");
promises.unproven = UNPROVEN;

export const functions = () => found(Function.prototype, "call", "apply", "bind");
functions.unproven = UNPROVEN;

export const requests = () => found(globalThis, "fetch", "Request", "Response", "setTimeout", "queueMicrotask");
requests.unproven = UNPROVEN;

/** Every object seems to have what the worker looks for. */
export async function whatAllObjectsHave() {
  const seen: string[] = [];
  const names = ["secrets", "config", "settings", "signal", "reason", "why", "run", "toJSON", "files", "given"];
  for (const name of names) {
    Object.defineProperty(Object.prototype, name, {
      get() {
        return undefined;
      },
      set(value) {
        seen.push(String(value));
        Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true });
      },
      configurable: true,
    });
  }
  await pause(MOMENT_MS);
  for (const name of names) delete (Object.prototype as Record<string, unknown>)[name];
  return loot(seen.join("\n"));
}
whatAllObjectsHave.unproven = UNPROVEN;

export async function traces() {
  const seen: string[] = [];
  const errors = Error as unknown as { prepareStackTrace?: unknown };
  errors.prepareStackTrace = (_error: Error, calls: { getThis(): unknown; getFunction(): unknown }[]) => {
    for (const one of calls) seen.push(`${one.getThis()} ${one.getFunction()}`);
    return seen.join("\n");
  };
  try {
    await pause(1);
    return loot(String(new Error("where?").stack));
  } finally {
    delete errors.prepareStackTrace;
  }
}
traces.unproven = UNPROVEN;
