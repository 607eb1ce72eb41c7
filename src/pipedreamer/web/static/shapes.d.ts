/** What the engine's API gives; all times are ms since 1970. */
export interface PlanNode {
  id: string;
  file: string;
  language: string;
  timeoutMs: number;
  retries: number;
  parents: string[];
}

export interface Workflow {
  name: string;
  version: string;
  description: string;
  nodes: PlanNode[];
  stages: string[][];
  inputSchema: Schema | null;
}

export interface Summary {
  id: string;
  state: string;
  trigger: string;
  version: string;
  acceptedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  durationMs: number | null;
  error: string | null;
  rerunOf: string | null;
}

export interface Attempt {
  number: number;
  state: string;
  startedAt: number;
  endedAt: number | null;
  error?: string | null;
}

export interface NodeRun {
  id: string;
  state: string;
  attempts: Attempt[];
  output: unknown;
  outputSize?: number | null;
}

export interface Run extends Summary {
  input: unknown;
  nodes: NodeRun[];
  rerunFrom?: string[] | null;
}

export interface Line {
  n: number;
  at: number;
  node: string;
  attempt: number;
  level: string;
  message: string;
}

export interface NodeEvent {
  node: string;
  attempt: number;
  state: string;
  at: number;
  error?: string | null;
}

export interface RunEvent {
  id?: string;
  state: string;
  at: number;
}

export interface Problem {
  path: string;
  message: string;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  const?: unknown;
  enum?: unknown[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  [more: string]: unknown;
}
