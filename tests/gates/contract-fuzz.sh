#!/bin/sh
# Validates openapi.yaml, then fuzzes the served API from it, with all checks, as an operator, as a reader and as nobody.
# Usage: tests/gates/contract-fuzz.sh [PYTHON]   (a Python with tests/gates/requirements-contract.txt; default: python3)
# EXAMPLES is how many requests each operation gets per kind (60); SEED repeats a run, else each is another.
#
# One check is left out: `use_after_free` expects a deleted resource to be gone, and a deleted customer is still
# shown, marked by its tm_delete.
set -eu
cd "$(dirname "$0")/../.."
python=${1:-python3}
examples=${EXAMPLES:-60}
seed=${SEED:-}
export FUZZ_HOOKS="$PWD/tests/gates/schemathesis_hooks.py"

# Built as the tests build it, so that nothing is compiled twice.
cargo build --quiet --workspace --bins

"$python" -m openapi_spec_validator openapi.yaml
work=$(mktemp -d)
target/debug/customers --memory --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0 >"$work/customers.log" &
local=$!
trap 'kill "$local" 2>/dev/null; rm -rf "$work"' EXIT
until grep -q '^Ctrl-C' "$work/customers.log"; do sleep 0.1; kill -0 "$local"; done
url=$(sed -n '1s/.* at //p' "$work/customers.log")

for caller in operator reader nobody; do
    echo "contract fuzzing as $caller"
    set -- --config-file "$PWD/tests/gates/schemathesis.toml" run "$PWD/openapi.yaml" --url "$url"
    set -- "$@" --checks all --exclude-checks use_after_free --max-examples "$examples" --no-color --warnings off
    [ "$caller" = nobody ] || set -- "$@" --header "Authorization: Bearer $caller"
    [ -z "$seed" ] || set -- "$@" --seed "$seed"
    if ! (cd "$work" && "$python" -m schemathesis.cli "$@" >fuzz.log 2>&1); then
        cat "$work/fuzz.log"
        exit 1
    fi
    grep -E 'generated|^Seed' "$work/fuzz.log"
done
