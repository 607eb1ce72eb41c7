/** Tells the engine what a workflow's code asks for: files, variables, secrets, programs (`permissions --observe`).
 *
 * Deno writes down each permission that it looks for, granted or not, with the stack of who asked; it was started so
 * by the engine. What it has no record of (secrets, lent variables, fixtures, programs) is heard here. Watching changes
 * no answer, but for the variables that are lent.
 */

import { clean } from "./explain.ts";
import type { LoadedNode } from "./loader.ts";
import { askerOf, deedOf, isOfDeno, makesIn, startsProgram } from "./origin.ts";
import type { Node } from "./pipedreamer.ts";
import type { ObservedKind } from "./protocol.ts";
import type { Outbox } from "./wire.ts";

const { Command, env, openSync, removeSync, statSync } = Deno;
const { get, has } = env;
const { setInterval, Error: Errors, Proxy: Proxies, TextDecoder: Decoders } = globalThis;
const { construct, get: valueOf, getOwnPropertyDescriptor, has: isIn, ownKeys } = Reflect;
const { hasOwn } = Object;
const { resolve } = process.getBuiltinModule("node:path");
const { parse, stringify } = JSON;
const Bytes = Uint8Array;
const Several = Set;

/** In the folder that the worker begins in; `runtime/languages.py` has the name too. */
const RECORD = ".asked.jsonl";
const PERIOD_MS = 20;
/** Of how many different things it tells; nobody reads a block of more. */
const MOST_TOLD = 20_000;
const READ_AT_ONCE = 64 * 1024;

/** A line of Deno's record. `value` is a path, perhaps relative, or a variable; null for all there are. */
interface Permission {
  readonly permission: string;
  readonly value: string | null;
  readonly stack?: readonly string[];
}

/** Watches from its making on, for the life of the process: before a node is loaded, and in the first folder. */
export class Observer {
  private readonly record = openSync(RECORD, { read: true, write: true });
  private readonly buffer = new Bytes(READ_AT_ONCE);
  private readonly decoder = new Decoders();
  private readonly told = new Several<string>();
  private rest = "";

  constructor(
    private readonly root: string,
    private readonly lent: ReadonlyMap<string, string>,
    private readonly outbox: Outbox,
  ) {
    removeSync(RECORD); // what Deno writes on is seen by nobody else
    outbox.send(["observed", "worker", "", "", "", true]);
    env.get = (name) => get(name) ?? this.lentOf(name);
    env.has = (name) => has(name) || this.lentOf(name) !== undefined;
    Deno.Command = new Proxies(Command, {
      construct: (target, [program, ...more]) => {
        this.tell("program", `${program}`, stackHere());
        return construct(target, [program, ...more]);
      },
    });
    setInterval(() => this.tellAll(), PERIOD_MS);
  }

  /** The same nodes, given a context that tells which secrets are read. */
  around(nodes: readonly LoadedNode[]): LoadedNode[] {
    return nodes.map((node) => ({ ...node, run: node.run && this.watched(node.run) }));
  }

  /** A file is read that a fixture gives. */
  mocked(path: string): void {
    if (!this.isOwn(path)) this.tell("read", path, stackHere());
  }

  /** Tell what Deno has written down by now. */
  tellAll(): void {
    const { buffer, decoder, record } = this;
    for (let size = record.readSync(buffer); size; size = record.readSync(buffer)) {
      this.rest += decoder.decode(buffer.subarray(0, size), { stream: true });
    }
    const lines = this.rest.split("\n");
    this.rest = lines.pop() ?? "";
    // Writing and reading go on where they are in the file: only its room is given back.
    if (lines.length) record.truncateSync(0);
    for (let i = 0; i < lines.length; i++) this.take(parse(lines[i]));
  }

  private take({ permission, value, stack = [] }: Permission): void {
    if (startsProgram(stack)) return this.tell("program", "a program", stack);
    if (value === null) return;
    if (permission === "env" && !isOfDeno(stack)) this.tell("env", value, stack);
    if (permission !== "read" && permission !== "write") return;
    const path = resolve(value, makesIn(stack) ? "new" : "");
    if (value.startsWith("<") || this.isOwn(path)) return;
    this.tell(deedOf(permission, stack), path, stack, permission === "read" ? path : resolve(path, ".."));
  }

  private isOwn(path: string): boolean {
    return `${path}/`.startsWith(`${this.root}/`);
  }

  /** `needed` is a path that is looked for. */
  private tell(kind: ObservedKind, name: string, stack: readonly string[], needed = ""): void {
    const asker = askerOf(stack, this.root);
    if (asker === undefined) return;
    const found = !needed || isThere(needed);
    const what = stringify([kind, name, asker.library, found]);
    if (this.told.has(what) || this.told.size >= MOST_TOLD) return;
    this.told.add(what);
    this.outbox.send(["observed", kind, clean(name), asker.place, asker.library, found]);
  }

  /** A variable, for the workflow's own code alone. */
  private lentOf(name: string): string | undefined {
    const stack = stackHere();
    return !isOfDeno(stack) && askerOf(stack, this.root)?.library === "" ? this.lent.get(name) : undefined;
  }

  private watched(run: Node): Node {
    return async (context, input) => {
      try {
        return await run({ ...context, secrets: this.watchedSecrets(context.secrets) }, input);
      } finally {
        this.tellAll();
      }
    };
  }

  private watchedSecrets<T extends object>(secrets: T): T {
    const ask = (name: string | symbol) => {
      if (typeof name === "string" && hasOwn(secrets, name)) this.tell("secret", name, stackHere());
    };
    return new Proxies(secrets, {
      get: (target, name) => (ask(name), valueOf(target, name)),
      has: (target, name) => (ask(name), isIn(target, name)),
      ownKeys: (target) => (ownKeys(target).forEach(ask), ownKeys(target)),
      getOwnPropertyDescriptor: (target, name) => (ask(name), getOwnPropertyDescriptor(target, name)),
    });
  }
}

function stackHere(): string[] {
  const stack: unknown = new Errors().stack;
  return typeof stack === "string" ? stack.split("\n").slice(1) : [];
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
