#!/bin/sh
# Writes locks/*.txt anew: versions and hashes for every platform, and no download address.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
compile() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
    --no-annotate "$@"; }
printf 'uv>=0.8\n' | compile - -o locks/uv.txt
compile pyproject.toml --all-extras -o locks/run.txt
compile pyproject.toml --all-extras --group dev -c locks/run.txt -o locks/dev.txt
# fastapi: 0.155 dropped what Prefect 3.8.8 still calls
printf 'dbos>=3.4\nprefect>=3.8\ntemporalio>=1.35\nfastapi<0.155\n' | compile - -o locks/bench.txt
if grep -nE '://' locks/*.txt; then echo "lock: an address got into a lock file" >&2; exit 1; fi
