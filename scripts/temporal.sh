#!/bin/sh
# Builds Temporal's command line, which has its development server, into the cache: 3 to 5 minutes, and needs Go.
# `--where` only prints the path that it has or would have.
set -eu

version=1.5.1
folder=${XDG_CACHE_HOME:-$HOME/.cache}/pipedreamer/temporal-$version
[ "${1:-}" != --where ] || { echo "$folder/temporal"; exit 0; }
[ ! -x "$folder/temporal" ] || { echo "bench-temporal: $folder/temporal is there"; exit 0; }
command -v go >/dev/null 2>&1 || {
    echo "bench-temporal: needs Go (https://go.dev/dl), or a \`temporal\` of your own on the PATH" >&2; exit 1; }
echo "bench-temporal: building temporal $version, 3 to 5 minutes"
GOBIN=$folder go install "github.com/temporalio/cli/cmd/temporal@v$version"
