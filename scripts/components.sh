#!/bin/sh
# Real tools that tests and benchmarks use. Without SYSTEM=1 (or CI) nothing outside the checkout is changed: a missing
# part is said in one line.
set -eu
missing=""
for tool in wrk hyperfine; do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
[ -n "$missing" ] || exit 0
if [ "${SYSTEM:-}" = 1 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $missing >/dev/null
else
    echo "components: missing$missing (only \`make bench\` uses them): SYSTEM=1 make components installs them with apt"
fi
