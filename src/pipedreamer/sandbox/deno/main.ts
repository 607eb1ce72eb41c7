/** The worker: loads the workflow's nodes, then answers the engine's frames until it hangs up.
 *
 * Descriptors 0 and 1 are the engine's socket, 2 is for stray output. For `Deno.args`
 * see `monotonic` and `sheetAt`. Everything that
 * is needed of Deno is taken before a node is loaded, so that a node that changes globals breaks only itself.
 */

import { current } from "./attempt.ts";
import { Clock, monotonic } from "./clock.ts";
import { replacePrinting } from "./console.ts";
import type { Settings } from "./context.ts";
import { Explainer } from "./explain.ts";
import { Fetcher } from "./fetching.ts";
import { Flight } from "./flight.ts";
import { Invoker } from "./invoke.ts";
import { Lines } from "./lines.ts";
import { Loader } from "./loader.ts";
import type { Observer } from "./observed.ts";
import type { CodeMessage, ObserveMessage, ToWorker } from "./protocol.ts";
import { Redirect } from "./redirect.ts";
import { Runner } from "./runner.ts";
import { catchTheRest, surround } from "./surroundings.ts";
import { Timers } from "./timers.ts";
import { decodeUtf8 } from "./utf8.ts";
import { Outbox, receive } from "./wire.ts";

const { args, chdir, exit, openSync, removeSync, stderr, stdin, stdout } = Deno;
const { setImmediate, Promise: Promises, RangeError: RangeErrors } = globalThis;
const MOST_FRAMES_SHOWN = 50;
const encoder = new TextEncoder();
const NOTHING = new Map<string, string>();

/** Outside of any attempt, so that it does not end with one. */
const later = (task: () => void): void => void current.exit(() => setImmediate(task));
const turn = (): Promise<void> => new Promises((resolve) => later(resolve));

class Worker {
  private readonly outbox = new Outbox({ writeSync: (bytes) => orExit(() => stdout.writeSync(bytes)) }, later);
  private readonly flight = new Flight(sheetAt(args[1] ?? ""), this.outbox);
  private readonly clock = new Clock(monotonic(args[0] ?? "0"), this.outbox);
  private readonly lines = new Lines(this.outbox, this.clock.now);
  private readonly fetcher = new Fetcher(this.outbox, turn);
  private readonly redirect = new Redirect();
  private settings: Settings = { config: "{}", secrets: "{}" };
  private runner?: Runner;
  /** Runs have come, and the engine has not said that there are no more for now. */
  private isInDemand = false;

  async serve(): Promise<void> {
    replacePrinting(this.lines);
    surround(this.fetcher);
    Error.stackTraceLimit = MOST_FRAMES_SHOWN;
    await receive(stdin, this);
  }

  /** Between runs that come one after the other nothing else is waited for. */
  async mayStandStill(): Promise<boolean> {
    if (!this.isInDemand) return false;
    await turn();
    if (!this.runner?.isIdle) return false;
    this.outbox.flush();
    return true;
  }

  take(message: ToWorker): void {
    switch (message[0]) {
      case "run":
        if (this.runner === undefined) throw new RangeErrors("a run before the code");
        this.isInDemand = true;
        return void orEnd(this.runner.run(message, this.settings));
      case "idle":
        this.isInDemand = false;
        return;
      case "head":
      case "data":
      case "unfetched":
        return this.fetcher.deliver(message);
      case "cancel":
        return this.runner?.cancel(message[1]);
      case "settings": {
        const [, config, secrets, files] = message;
        this.settings = { config: decodeUtf8(config), secrets: decodeUtf8(secrets) };
        return this.redirect.replace(files ?? NOTHING);
      }
      case "code":
        return void this.load(message);
      default:
        throw new RangeErrors(`no message is called ${message[0]}`);
    }
  }

  private async load([, root, codes, stages, , jitter = true, observe]: CodeMessage): Promise<void> {
    const observer = observe ? await this.watch(root, observe) : undefined;
    chdir(root);
    this.redirect.settle(root);
    const explainer = new Explainer(root);
    catchTheRest(explainer, new Timers(), this.lines);
    const [nodes, messages] = await new Loader(root, explainer).load(codes);
    observer?.tellAll();
    if (messages.length) return this.outbox.send(["unloaded", messages]);
    const invoker = new Invoker(this.clock, this.flight, this.fetcher, this.lines, explainer);
    const watched = observer?.around(nodes) ?? nodes;
    this.runner = new Runner({ nodes: watched, stages, jitter }, invoker, this.outbox, this.clock.now);
    this.outbox.send(["ready"]);
  }

  private async watch(root: string, [lent = NOTHING]: ObserveMessage): Promise<Observer> {
    const { Observer } = await import("./observed.ts"); // few workers want it
    const observer = new Observer(root, lent, this.outbox);
    this.redirect.heard = (path) => observer.mocked(path);
    return observer;
  }
}

/** The file that the engine holds open, too; nobody else needs its name. */
function sheetAt(path: string): Deno.FsFile {
  const file = openSync(path, { write: true });
  removeSync(path);
  return file;
}

/** Once the engine has hung up there is nobody to write to. */
function orExit<T>(write: () => T): T {
  try {
    return write();
  } catch {
    return exit(0);
  }
}

/** What fails here fails again: the engine has others to run what this one did not. */
async function orEnd(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    stderr.writeSync(encoder.encode(`the worker itself failed: ${error}\n`));
    exit(1);
  }
}

await orEnd(new Worker().serve());
exit(0);
