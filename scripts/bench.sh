#!/bin/sh
# Makes the environment of the other systems that `make bench` measures, outside the checkout and once for each lock, and
# prints the path of its Python. They never get into .venv, and no test needs them.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .venv/bin/uv)
[ -x "$uv" ] || { echo "bench: run \`make setup\` first" >&2; exit 1; }
version=$(.venv/bin/python -V)
key=$({ cat locks/bench.txt; echo "$version"; } | sha256sum | cut -c1-16)
made=${XDG_CACHE_HOME:-$HOME/.cache}/pipedreamer/bench-$key

if [ ! -d "$made" ]; then
    echo "bench: installing DBOS, Prefect and Temporal's SDK into $made" >&2
    new=$made.$$
    trap 'rm -rf "$new"' EXIT
    trap 'exit 1' HUP INT TERM
    "$uv" venv --quiet --relocatable --python .venv/bin/python "$new" >&2
    "$uv" pip sync --quiet --compile-bytecode --require-hashes --python "$new/bin/python" locks/bench.txt >&2
    mv -T "$new" "$made" 2>/dev/null || [ -d "$made" ] # another one was quicker
fi
echo "$made/bin/python"
