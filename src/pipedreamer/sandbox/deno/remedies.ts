/** What to add to an error that the sandbox may have caused: at midnight it looks like any other. */

const REFUSED = /^(Requires (\w+) access(?: to "(.*)")?), run again with the --allow-\w+ flag$/s;
const MISSING = /^(?:No such file or directory|Permission denied|Operation not permitted) .*?'(\/.*?)'/s;
const UNFETCHED = /^(Import ".*?" not a dependency)|(?:^|\n *0: )([^\n]*), --cached-only is specified/;
const LONGEST_NAME = 200;
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/";
const OF_SERVICE_ACCOUNT = "pods alone have the files of a service account, and a permissions block has to name them " +
  "in read; in tests `files` of the fixture answers for them";

/** What to do about a module that is not there: nothing is fetched while nodes run. */
const LOCK_IT = "modules from outside are fetched beforehand, and only those whose names stand in a file: " +
  "write the name out, and run `pipedreamer lock`";

/** The message of an error as nodes should read it, and a sentence for a person or "". `root` ends with a slash. */
export function remedied(message: string, root: string): [message: string, hint: string] {
  const refused = REFUSED.exec(message);
  if (refused !== null) return [refused[1], ofPermission(refused[2], (refused[3] ?? "").slice(0, LONGEST_NAME), root)];
  const unfetched = UNFETCHED.exec(message);
  if (unfetched !== null) return [unfetched[1] ?? unfetched[2], LOCK_IT];
  const path = MISSING.exec(message)?.[1];
  return [message, path && !path.startsWith(root) && !path.startsWith("/tmp/") ? ofPath(path) : ""];
}

function ofPermission(kind: string, name: string, root: string): string {
  switch (kind) {
    case "read":
      return ofPath(name);
    case "write":
      return name.startsWith(root)
        ? "nodes write to /tmp or to what permissions.write names, never into their folder"
        : `nodes write to /tmp; ${name} in permissions.write opens it`;
    case "net":
      return `${name || "what a node connects to"} in permissions.net opens it`;
    case "run":
      return "nodes start no processes";
    case "ffi":
      return "nodes load no libraries";
  }
  return "nodes learn nothing of the machine that they run on";
}

function ofPath(path: string): string {
  if (path.startsWith(SERVICE_ACCOUNT)) return OF_SERVICE_ACCOUNT;
  return `nodes see their folder and /tmp; ${path.slice(0, LONGEST_NAME)} in permissions.read opens it`;
}
