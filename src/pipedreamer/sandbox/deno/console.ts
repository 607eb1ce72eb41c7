/** What nodes print becomes lines of their log; standard input is at its end. */

import { type Attempt, current } from "./attempt.ts";
import { log } from "./logging.ts";
import { type Level, TEXT_LIMIT } from "./protocol.ts";
import type { Outbox } from "./wire.ts";

const { defineProperty, keys } = Object;
const { Promise: Promises, ReadableStream: Sources, TextDecoder: Decoders, WritableStream: Sinks } = globalThis;
const Table = Map;

/** How Deno's console numbers what it is called for: debug, log and info, warn, error, trace. */
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error", "warn"];

type DenoConsole = new (print: (text: string, level: number) => void) => Console;

/** Put them in the place of what Deno has, whose descriptors are the wire's. */
export function replacePrinting(outbox: Outbox): void {
  const { Console } = (Deno as unknown as Record<symbol, { Console: DenoConsole }>)[
    (Deno as unknown as { internal: symbol }).internal
  ];
  const made = new Console((text, level) => {
    if (text.trim()) log(outbox, current.getStore(), LEVELS[level] ?? "info", text.replace(/\n$/, ""));
  });
  for (const name of keys(made) as (keyof Console)[]) console[name] = made[name] as never;
  const printed = { stdout: new PrintedLines("info", outbox), stderr: new PrintedLines("warn", outbox) };
  for (const name of ["stdout", "stderr"] as const) {
    put(Deno, name, denoOutput(printed[name]));
    put(process, name, nodeOutput(printed[name]));
  }
  const input = emptyInput();
  put(Deno, "stdin", input);
  put(process, "stdin", input);
}

/** Text that comes in pieces, of an attempt or of code outside of any. */
class PrintedLines {
  private readonly rests = new Table<Attempt | undefined, string>();

  constructor(private readonly level: Level, private readonly outbox: Outbox) {}

  write(chunk: string | Uint8Array): number {
    const attempt = current.getStore();
    const text = typeof chunk === "string" ? chunk : new Decoders().decode(chunk);
    const lines = ((this.rests.get(attempt) ?? "") + text).split("\n");
    // What is left of a line too long is never told: it could begin in the middle of a secret.
    const rest = (lines.pop() ?? "").slice(0, TEXT_LIMIT);
    for (const line of lines) if (line.trim()) log(this.outbox, attempt, this.level, line);
    if (rest && attempt !== undefined && !this.rests.has(attempt)) attempt.own({ cut: () => this.finish(attempt) });
    this.rests.set(attempt, rest);
    if (attempt?.isOver) this.finish(attempt);
    return chunk.length;
  }

  /** Write out what an attempt printed without a line's end. */
  private finish(attempt: Attempt): void {
    const rest = this.rests.get(attempt);
    this.rests.delete(attempt);
    if (rest) log(this.outbox, attempt, this.level, rest);
  }
}

function denoOutput(lines: PrintedLines): object {
  return {
    write: (bytes: Uint8Array) => Promises.resolve(lines.write(bytes)),
    writeSync: (bytes: Uint8Array) => lines.write(bytes),
    writable: new Sinks({ write: (bytes: Uint8Array) => void lines.write(bytes) }),
    isTerminal: () => false,
    close: () => {},
  };
}

function nodeOutput(lines: PrintedLines): object {
  const output = {
    isTTY: false,
    write(chunk: string | Uint8Array, ...more: unknown[]): boolean {
      lines.write(chunk);
      const done = more.at(-1);
      if (typeof done === "function") done();
      return true;
    },
    end: () => output,
    on: () => output,
    once: () => output,
    off: () => output,
  };
  return output;
}

function emptyInput(): object {
  return {
    isTTY: false,
    read: () => Promises.resolve(null),
    readSync: () => null,
    readable: new Sources({ start: (controller) => controller.close() }),
    isTerminal: () => false,
    setRaw: () => {},
    close: () => {},
  };
}

function put(owner: object, name: string, value: unknown): void {
  defineProperty(owner, name, { value, configurable: true, enumerable: true, writable: true });
}
