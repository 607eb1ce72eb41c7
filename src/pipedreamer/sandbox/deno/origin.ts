/** Who asks, and for what: told by the frames of a stack, innermost first, as V8 writes them. */

import type { ObservedKind } from "./protocol.ts";

const { decodeURIComponent, URL: Urls } = globalThis;

/** `Object.statSync (ext:deno_fs/30_fs.js:1:6297)`: the module and its line. */
const FRAME = /(?:^|[ (])((?:ext|node|file|https?|data):.+?):(\d+):\d+\)?$/;
const FUNCTION = /^(?:async )?(?:new )?(?:\w+\.)*([\w$]+)/;
const LOOKS = /stat|exists|access|real_?path|read_?link/i;
const MAKES = /make_?temp/i;
const CHANGES = /mkd|make_?temp|remove|rename|link|rm_?dir/i;

const OURS = new Urls(".", import.meta.url).href;
/** The parts of Deno that look at variables on behalf of whoever calls them. */
const OF_VARIABLES = /^ext:(?:deno_os|deno_node\/_process)\//;
const OF_PROGRAMS = "ext:deno_node/internal/child_process";
const PACKAGE = /\/npm\/registry\.npmjs\.org\/((?:@[^/]+\/)?[^/]+)\//;
const JSR = /^https:\/\/jsr\.io\/(@[^/]+\/[^/]+)/;

/** `library` is the package that asks, "" for the workflow's own code; `place` the workflow's line, "" for none. */
export interface Asker {
  readonly library: string;
  readonly place: string;
}

/** Who asks, in a workflow whose folder is `root`; undefined where it is nobody but this worker. */
export function askerOf(stack: readonly string[], root: string): Asker | undefined {
  let library = "";
  let isOurs = false;
  for (const frame of stack) {
    const [, url = "", line = ""] = FRAME.exec(frame) ?? [];
    if (url.startsWith(OURS)) isOurs = true;
    else if (!url.startsWith("ext:") && !url.startsWith("node:") && url) {
      const file = url.startsWith("file://") ? decodeURIComponent(url.slice("file://".length)) : "";
      if (file.startsWith(`${root}/`)) return { library, place: `${file.slice(root.length + 1)}:${line}` };
      library ||= packageOf(url);
    }
  }
  return isOurs && !library ? undefined : { library, place: "" };
}

/** What is done with a path, by the name of the innermost function. */
export function deedOf(permission: "read" | "write", [innermost = ""]: readonly string[]): ObservedKind {
  const name = FUNCTION.exec(innermost)?.[1] ?? "";
  if (permission === "read") return LOOKS.test(name) ? "look" : "read";
  return CHANGES.test(name) ? "change" : "write";
}

/** Whether the path is that of a folder in which something with a new name is made. */
export function makesIn([innermost = ""]: readonly string[]): boolean {
  return MAKES.test(FUNCTION.exec(innermost)?.[1] ?? "");
}

/** Whether it is Deno itself that wants to know a variable: it asks for many, and does without. */
export function isOfDeno(stack: readonly string[]): boolean {
  const url = stack.map((frame) => FRAME.exec(frame)?.[1]).find((url) => {
    return url !== undefined && !OF_VARIABLES.test(url) && !url.startsWith(OURS);
  });
  return url === undefined || url.startsWith("ext:") || url.startsWith("node:");
}

/** Whether somebody is about to start a program by node:child_process. */
export function startsProgram(stack: readonly string[]): boolean {
  return stack.some((frame) => frame.includes(OF_PROGRAMS));
}

function packageOf(url: string): string {
  return (PACKAGE.exec(url) ?? JSR.exec(url))?.[1] ?? url.split("/")[2];
}
