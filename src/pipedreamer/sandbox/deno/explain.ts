/** What a node threw, as a person wants to read it: the message with their own file and line, our frames cut away.
 *
 * What is thrown is a node's own object: its text, its causes and even its name may throw, loop or go in circles.
 */

import { TEXT_LIMIT } from "./protocol.ts";
import { remedied } from "./remedies.ts";
import { causeOf, leavesOf, nameOf, notAnError, read } from "./thrown.ts";

const { readTextFileSync } = Deno;
const { decodeURIComponent, Error: Errors } = globalThis;
const Several = Set;

const MOST_LEAVES = 5;
const MOST_CAUSES = 10;
const MOST_FRAMES = 20;
const LONG_TEXT = TEXT_LIMIT / 2;
const LONGEST_NAME = 200;
const FRAME = /^ {4}at (?:async )?(?:(.*?) \()?file:\/\/(\/[^()]*?):(\d+):\d+\)?$/gm;

/** `text` is `TypeError: no such user (nodes/fetch.ts:12)`; `trace` has the person's own frames below it. */
export interface Explanation {
  readonly text: string;
  readonly trace: string;
}

interface Frame {
  readonly place: string;
  readonly line: string;
}

/** Explains errors of a workflow whose folder is `root`. */
export class Explainer {
  private readonly sources = new Map<string, string[]>();

  constructor(private readonly root: string) {
    this.root = root.endsWith("/") ? root : `${root}/`;
  }

  /** Always explains; an AggregateError is told by what is in it. */
  explain(thrown: unknown): Explanation {
    try {
      const leaves = leavesOf(thrown);
      const parts = leaves.slice(0, MOST_LEAVES).map((leaf) => this.one(leaf));
      const more = leaves.length > MOST_LEAVES ? `; and ${leaves.length - MOST_LEAVES} more` : "";
      return {
        text: clean(parts.map((part) => part.text).join("; ") + more),
        trace: clean(parts.map((part) => part.trace).join("\n")),
      };
    } catch {
      return { text: "an error that cannot be shown", trace: "" };
    }
  }

  /** The workflow's own frames in the stack of an error, outermost first. */
  framesOf(stack: string): Frame[] {
    const frames: Frame[] = [];
    for (const [, name, url, line] of stack.matchAll(FRAME)) {
      const file = decoded(url);
      if (!file.startsWith(this.root)) continue;
      const place = `${file.slice(this.root.length)}:${line}`;
      const source = this.source(file, +line);
      const caller = name ? ` in ${name.replace(/^(?:Module|Object)\./, "").slice(0, LONGEST_NAME)}` : "";
      frames.push({ place, line: `  ${place}${caller}${source ? `: ${source}` : ""}` });
    }
    return frames.reverse();
  }

  private one(thrown: unknown): Explanation {
    const { text, lines } = this.described(thrown);
    const seen = new Several([thrown]);
    let cause = causeOf(thrown);
    while (cause !== undefined && !seen.has(cause) && seen.size <= MOST_CAUSES) {
      seen.add(cause);
      const because = this.described(cause);
      lines.push(`  caused by ${because.text}`, ...because.lines);
      cause = causeOf(cause);
    }
    return { text, trace: [text, ...lines].join("\n") };
  }

  private described(thrown: unknown): { text: string; lines: string[] } {
    if (!(thrown instanceof Errors)) return { text: notAnError(thrown), lines: [] };
    const frames = this.framesOf(read(thrown, "stack"));
    const [said, hint] = remedied(read(thrown, "message").slice(0, TEXT_LIMIT), this.root);
    const text = worded(nameOf(thrown), said, hint, frames.at(-1)?.place);
    return { text, lines: frames.slice(-MOST_FRAMES).map((frame) => frame.line) };
  }

  private source(file: string, line: number): string {
    let lines = this.sources.get(file);
    if (lines === undefined) {
      try {
        lines = readTextFileSync(file).split("\n");
      } catch {
        lines = [];
      }
      this.sources.set(file, lines);
    }
    return (lines[line - 1] ?? "").trim().slice(0, LONGEST_NAME);
  }
}

/** `TypeError: no such user (nodes/fetch.ts:12)`, from an error's parts; the place is that of the innermost frame. */
function worded(name: string, said: string, hint: string, place: string | undefined): string {
  const where = `${hint ? ` [${hint}]` : ""}${place ? ` (${place})` : ""}`;
  if (!said) return name + where;
  // The end of a text that is too long is cut off.
  return said.length > LONG_TEXT ? `${name}${where}: ${said}` : `${name}: ${said}${where}`;
}

/** Text of bounded length. */
export function clean(text: string): string {
  return text.slice(0, TEXT_LIMIT);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
