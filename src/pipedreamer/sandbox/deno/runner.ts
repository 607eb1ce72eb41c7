/** Runs a plan in this process: stage after stage, each node with its timeout and retries, its outcome told at once. */

import type { Settings } from "./context.ts";
import { clean } from "./explain.ts";
import type { Ending, Invoker } from "./invoke.ts";
import type { LoadedNode } from "./loader.ts";
import { type Level, retryWait, type RunMessage, type State } from "./protocol.ts";
import { RunState } from "./run_state.ts";
import { Utf8 } from "./utf8.ts";
import type { Outbox } from "./wire.ts";

const { random } = Math;
const Table = Map;

/** A workflow's nodes, and the order in which they run. */
export interface Plan {
  readonly nodes: readonly LoadedNode[];
  readonly stages: readonly (readonly number[])[];
  /** Whether waits before next attempts are up to a tenth longer, by chance. */
  readonly jitter: boolean;
}

/** All runs of a worker. */
export class Runner {
  private readonly runs = new Table<number, RunState>();
  private readonly ids: readonly string[];

  constructor(
    private readonly plan: Plan,
    private readonly invoker: Invoker,
    private readonly outbox: Outbox,
    private readonly now: () => number,
  ) {
    this.ids = plan.nodes.map((node) => node.id);
  }

  /** Whether no run is under way. */
  get isIdle(): boolean {
    return !this.runs.size;
  }

  /** Carry out a run, or what is left of it after an interruption. Never throws unless this process is spoilt. */
  async run(message: RunMessage, settings: Settings): Promise<void> {
    const state = new RunState(message, settings, this.plan.stages);
    this.runs.set(state.run, state);
    try {
      for (let i = 0; i < state.stages.length && !state.isOver; i++) {
        state.isFinal = i === state.stages.length - 1;
        await this.stage(state, state.stages[i]);
      }
    } finally {
      this.runs.delete(state.run);
    }
  }

  /** Stop a run's nodes and begin no more. */
  cancel(run: number): void {
    const state = this.runs.get(run);
    if (state === undefined) return;
    state.isCancelled = true;
    state.wake();
    this.invoker.cancel(run);
  }

  private async stage(state: RunState, stage: readonly number[]): Promise<void> {
    state.left = stage.length;
    if (stage.length === 1) return await this.node(state, stage[0]);
    const begun = stage.map((index) => this.node(state, index));
    for (let i = 0; i < begun.length; i++) await begun[i];
  }

  /** Attempts until one succeeds, none is left, or the run is over. */
  private async node(state: RunState, index: number): Promise<void> {
    const node = this.plan.nodes[index];
    const input = state.inputOf(node.parents, this.ids);
    let [number, failures] = state.before(index);
    while (true) {
      number++;
      const begun = this.now();
      const ending = await this.invoker.attempt(node, { state, index, number, input, begun });
      const mayRetry = ending.state === "failed" && failures < node.retries && !state.isOver;
      if (!mayRetry) return this.end(state, index, number, begun, ending);
      failures++;
      this.tell(state, index, number, begun, "retry", ending.text, false);
      this.log(state, index, number, "warn", `attempt ${failures} of ${node.retries + 1} failed: ${ending.text}`);
      await state.pause(retryWait(failures) * (this.plan.jitter ? 1 + random() / 10 : 1));
      if (state.isOver) return this.end(state, index, number, begun, ending);
    }
  }

  private end(state: RunState, index: number, number: number, begun: number, ending: Ending): void {
    if (ending.state === "ok") state.outputs[index] = ending.text;
    if (ending.state === "failed") {
      state.hasFailed = true;
      state.wake();
      this.log(state, index, number, "error", ending.trace || ending.text);
    }
    state.left--;
    const isLast = state.left === 0 && (state.isFinal || state.isOver);
    this.tell(state, index, number, begun, ending.state, ending.text, isLast);
  }

  private tell(
    { run }: RunState,
    index: number,
    number: number,
    begun: number,
    outcome: State,
    text: string,
    isLast: boolean,
  ): void {
    this.outbox.send(["outcome", run, index, number, begun, this.now(), outcome, new Utf8(text), isLast]);
  }

  private log({ run }: RunState, index: number, number: number, level: Level, text: string): void {
    this.outbox.send(["log", run, index, number, level, clean(text)]);
  }
}
