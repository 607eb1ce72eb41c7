#!/bin/sh
# Real tools that tests and benchmarks use. Without SYSTEM=1 (or in CI) nothing outside the checkout is changed: a
# missing part is said in one line, its tests are skipped. In CI a missing part is a failure.
set -eu

missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need dot graphviz
need systemd-analyze systemd
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
[ "${CI:-}" = true ] || { need wrk wrk; need hyperfine hyperfine; }
[ -n "$missing" ] || exit 0

if [ "${SYSTEM:-}" = 1 ] || [ "${CI:-}" = true ]; then
    echo "components: installing$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
else
    echo "components: missing$missing; \`SYSTEM=1 make components\` installs them with apt (wrk and hyperfine: for \`make bench\` only)"
fi
