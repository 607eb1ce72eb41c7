/** What nodes print becomes lines of their log; standard input is at its end. */

import { type Attempt, current } from "./attempt.ts";
import type { Lines } from "./lines.ts";
import { type Level, TEXT_LIMIT } from "./protocol.ts";

const { defineProperty, keys } = Object;
const { Promise: Promises, ReadableStream: Sources, TextDecoder: Decoders, WritableStream: Sinks } = globalThis;
const { getBuiltinModule } = process;
const Table = Map;

/** How Deno's console numbers what it is called for: debug, log and info, warn, error, trace. */
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error", "warn"];

/** Not before somebody wants them: they take long to load. */
const streams = () => getBuiltinModule("node:stream");

type DenoConsole = new (print: (text: string, level: number) => void) => Console;

/** Put them in the place of what Deno has, whose descriptors are the wire's. */
export function replacePrinting(log: Lines): void {
  const { Console } = (Deno as unknown as Record<symbol, { Console: DenoConsole }>)[
    (Deno as unknown as { internal: symbol }).internal
  ];
  const made = new Console((text, level) => {
    if (text.trim()) log.send(current.getStore(), LEVELS[level] ?? "info", text.replace(/\n$/, ""));
  });
  for (const name of keys(made) as (keyof Console)[]) console[name] = made[name] as never;
  const printed = { stdout: new PrintedLines("info", log), stderr: new PrintedLines("warn", log) };
  console.clear = () => {};
  put(Deno, "stdin", () => emptyInput());
  put(process, "stdin", () => streams().Readable.from([]));
  for (const name of ["stdout", "stderr"] as const) {
    const lines = printed[name];
    put(Deno, name, () => denoOutput(lines));
    put(process, name, () => new (streams().Writable)({ write: (chunk, _, done) => done(void lines.write(chunk)) }));
  }
}

/** Text that comes in pieces, of an attempt or of code outside of any. */
class PrintedLines {
  private readonly rests = new Table<Attempt | undefined, string>();

  constructor(private readonly level: Level, private readonly log: Lines) {}

  write(chunk: string | Uint8Array): number {
    const attempt = current.getStore();
    const text = typeof chunk === "string" ? chunk : new Decoders().decode(chunk);
    const lines = ((this.rests.get(attempt) ?? "") + text).split("\n");
    // What is left of a line too long is never told: it could begin in the middle of a secret.
    const rest = (lines.pop() ?? "").slice(0, TEXT_LIMIT);
    for (const line of lines) if (line.trim()) this.log.send(attempt, this.level, line);
    if (!rest) this.rests.delete(attempt);
    else if (attempt?.isOver) this.log.send(attempt, this.level, rest);
    else {
      if (attempt !== undefined && !this.rests.has(attempt)) attempt.own({ cut: () => this.finish(attempt) });
      this.rests.set(attempt, rest);
    }
    return chunk.length;
  }

  /** Write out what an attempt printed without a line's end. */
  private finish(attempt: Attempt): void {
    const rest = this.rests.get(attempt);
    this.rests.delete(attempt);
    if (rest) this.log.send(attempt, this.level, rest);
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

function emptyInput(): object {
  return {
    read: () => Promises.resolve(null),
    readSync: () => null,
    readable: new Sources({ start: (controller) => controller.close() }),
    isTerminal: () => false,
    setRaw: () => {},
    close: () => {},
  };
}

/** Make a property that is there from when it is first asked for. */
function put(owner: object, name: string, make: () => unknown): void {
  let made: unknown;
  defineProperty(owner, name, {
    get: () => made ??= make(),
    set: (value) => made = value,
    configurable: true,
    enumerable: true,
  });
}
