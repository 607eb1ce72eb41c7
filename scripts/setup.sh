#!/bin/sh
# Makes .venv from the committed locks: exact versions, checked hashes. Says what to install where that is not possible.
set -eu
cd "$(dirname "$0")/.."

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

python=${PYTHON:-}
if [ -z "$python" ]; then
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$(command -v "$candidate"); break
        fi
    done
fi
[ -n "$python" ] || fail "needs Python 3.11 or newer (Debian: apt install python3 python3-venv), or PYTHON=/path/to/python3"

stamp=.venv/.locks
want=$(cat pyproject.toml locks/dev.txt locks/uv.txt scripts/setup.sh | sha256sum | cut -c1-64)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && .venv/bin/python -c '' 2>/dev/null; then exit 0; fi

# uv installs the rest; a newcomer's machine has none, so a small environment of its own holds the locked one.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pipedreamer
if command -v uv >/dev/null 2>&1; then
    uv=$(command -v uv)
else
    version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' locks/uv.txt)
    uv=$cache/uv-$version/bin/uv
    if [ ! -x "$uv" ]; then
        echo "setup: fetching uv $version"
        export PIP_ROOT_USER_ACTION=ignore
        mkdir -p "$cache"
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            rm -rf "$cache/uv-$version"
            "$python" -m venv "$cache/uv-$version"
            "$cache/uv-$version/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/uv.txt
        elif "$python" -m pip --version >/dev/null 2>&1; then
            "$python" -m pip install --quiet --disable-pip-version-check --require-hashes \
                --target "$cache/uv-$version" -r locks/uv.txt
        else
            fail "this Python has neither venv nor pip: apt install python3-venv, or put uv on the PATH, then run it again"
        fi
    fi
fi

echo "setup: making .venv"
"$uv" venv --quiet --clear --python "$python" .venv
"$uv" pip sync --quiet --compile-bytecode --require-hashes --python .venv/bin/python locks/dev.txt
"$uv" pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .
.venv/bin/python -m compileall -q src || true
echo "$want" > "$stamp"
