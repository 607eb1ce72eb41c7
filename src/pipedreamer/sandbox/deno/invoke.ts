/** One attempt at a node: its input, its function, its output. */

import { Attempt, current } from "./attempt.ts";
import type { Clock } from "./clock.ts";
import { contextOf } from "./context.ts";
import { clean, type Explainer } from "./explain.ts";
import type { Fetcher } from "./fetching.ts";
import type { Flight } from "./flight.ts";
import type { Lines } from "./lines.ts";
import type { LoadedNode } from "./loader.ts";
import type { Context, Node } from "./pipedreamer.ts";
import { timedOut } from "./protocol.ts";
import type { RunState } from "./run_state.ts";
import { fromJson, NotJsonError, toJson } from "./values.ts";

/** How an attempt ended: with its output as JSON, or with a message and the trace for the log. */
export type Ending =
  | { readonly state: "ok"; readonly text: string }
  | { readonly state: "failed" | "cancelled"; readonly text: string; readonly trace: string };

/** A node's index, for which time it is called in its run, and with what. */
export interface Call {
  readonly state: RunState;
  readonly index: number;
  readonly number: number;
  readonly input: string;
  readonly begun: number;
}

/** Makes attempts. */
export class Invoker {
  constructor(
    private readonly clock: Clock,
    private readonly flight: Flight,
    private readonly fetcher: Fetcher,
    private readonly lines: Lines,
    private readonly explainer: Explainer,
  ) {}

  /** Never throws: whatever a node throws fails its attempt and nothing else. */
  async attempt(node: LoadedNode, { state, index, number, input, begun }: Call): Promise<Ending> {
    const { clock } = this;
    const attempt = new Attempt(state.run, index, number, begun + node.timeoutMs * 1e6);
    this.flight.begin(attempt, begun);
    clock.watch(attempt);
    try {
      const context = contextOf(attempt, node.id, state.runId, state.settings, this.fetcher, this.lines);
      const returned = current.run(attempt, called, node.run, context, input);
      // Nobody but this node has held the loop until now.
      if (clock.now() > attempt.deadline) attempt.stop("timeout", clock.now());
      const text = await returned;
      return attempt.reason ? stopped(attempt, node) : { state: "ok", text };
    } catch (error) {
      return this.failed(attempt, node, error);
    } finally {
      attempt.hasEnded = true;
      clock.forget(attempt);
      attempt.end();
      this.lines.finish(attempt);
    }
  }

  /** Stop the attempts of a run. */
  cancel(run: number): void {
    for (const attempt of this.clock.ofRun(run)) attempt.stop("cancel", this.clock.now());
  }

  private failed(attempt: Attempt, node: LoadedNode, error: unknown): Ending {
    if (attempt.reason) return stopped(attempt, node);
    if (NotJsonError.is(error)) return { state: "failed", text: clean(error.message), trace: "" };
    return { state: "failed", ...current.run(attempt, () => this.explainer.explain(error)) };
  }
}

async function called(run: Node | undefined, context: Context, input: string): Promise<string> {
  return toJson(await run?.(context, fromJson(input)));
}

function stopped(attempt: Attempt, node: LoadedNode): Ending {
  if (attempt.reason === "cancel") return { state: "cancelled", text: "cancelled", trace: "" };
  return { state: "failed", text: timedOut(node.id, node.timeoutMs), trace: "" };
}
