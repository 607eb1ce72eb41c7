/** One run while it lasts. */

import type { Settings } from "./context.ts";
import type { RunMessage } from "./protocol.ts";
import { decodeUtf8 } from "./utf8.ts";

const { clearTimeout, setTimeout, Error: Errors, Promise: Promises } = globalThis;
const { ceil, min } = Math;
/** In milliseconds; what is longer, Deno would not wait for at all. */
const LONGEST_WAIT = 2 ** 31 - 1;
const { stringify } = JSON;

export class RunState {
  readonly run: number;
  readonly runId: string;
  /** JSON text, by node. */
  readonly outputs: (string | undefined)[] = [];
  /** What is left of the plan. */
  readonly stages: readonly (readonly number[])[];
  /** How many nodes of the stage under way have not ended, and whether it is the last one. */
  left = 0;
  isFinal = false;
  hasFailed = false;
  isCancelled = false;
  private readonly input: string;
  private readonly attempts?: ReadonlyMap<number, number>;
  private readonly failures?: ReadonlyMap<number, number>;
  private readonly wakers: (() => void)[] = [];

  constructor(message: RunMessage, readonly settings: Settings, plan: readonly (readonly number[])[]) {
    const [, run, runId, input, done, attempts, failures, nodes] = message;
    this.run = run;
    this.runId = runId;
    this.input = decodeUtf8(input);
    this.attempts = attempts;
    this.failures = failures;
    this.stages = plan;
    if (!done?.size && !nodes) return;
    done?.forEach((text, index) => this.outputs[index] = decodeUtf8(text));
    const isLeft = (index: number) => !done?.has(index) && (!nodes || nodes.includes(index));
    this.stages = plan.map((stage) => stage.filter(isLeft)).filter((stage) => stage.length);
  }

  /** No further attempt is begun. */
  get isOver(): boolean {
    return this.hasFailed || this.isCancelled;
  }

  /** How often a node was begun before, and how many of these attempts count against its retries. */
  before(index: number): [attempts: number, failures: number] {
    return [this.attempts?.get(index) ?? 0, this.failures?.get(index) ?? 0];
  }

  /** The JSON that a node is given. */
  inputOf(parents: readonly number[], ids: readonly string[]): string {
    if (!parents.length) return this.input;
    if (parents.length === 1) return this.output(parents[0]);
    return `{${parents.map((parent) => `${stringify(ids[parent])}:${this.output(parent)}`).join(",")}}`;
  }

  /** Wait before a next attempt, as long as any may come. */
  pause(milliseconds: number): Promise<void> {
    return new Promises((resolve) => {
      const timer = setTimeout(resolve, min(ceil(milliseconds), LONGEST_WAIT));
      this.wakers.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** End all such waits. */
  wake(): void {
    for (let i = 0; i < this.wakers.length; i++) this.wakers[i]();
  }

  private output(index: number): string {
    const text = this.outputs[index];
    if (text === undefined) throw new Errors(`node ${index} has no output yet`);
    return text;
  }
}
