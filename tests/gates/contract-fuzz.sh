#!/bin/sh
# Validates openapi.yaml, then fuzzes the served API with all checks: as an operator, as a reader, and without a token.
# Usage: tests/gates/contract-fuzz.sh [PYTHON]   (a Python with tests/gates/requirements-contract.txt; default: python3)
# EXAMPLES is the number of requests of each kind for each operation (default: 60). SEED repeats a run; without it,
# every run sends other requests.
#
# The check `use_after_free` is off: it expects a deleted resource to be gone, but a deleted customer is still shown,
# with its tm_delete, until it is erased.
set -eu
cd "$(dirname "$0")/../.."
python=${1:-python3}
examples=${EXAMPLES:-60}
seed=${SEED:-}
export FUZZ_HOOKS="$PWD/tests/gates/schemathesis_hooks.py"

# The same build as the tests use, so that nothing is compiled twice.
cargo build --quiet --workspace --bins

"$python" -m openapi_spec_validator openapi.yaml
work=$(mktemp -d)
target/debug/customers --memory --no-webhooks --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0 --queue 127.0.0.1:0 >"$work/customers.log" &
local=$!
trap 'kill "$local" 2>/dev/null; rm -rf "$work"' EXIT
until grep -q '^Ctrl-C' "$work/customers.log"; do sleep 0.1; kill -0 "$local"; done
url=$(sed -n '1s/.* at //p' "$work/customers.log")

operator='Authorization: Bearer operator'
FUZZ_ERASED=$(curl -sS "$url/customers" -H "$operator" -H 'Content-Type: application/json' \
    -d '{"username": "to.be.erased"}' | cut -d '"' -f 4)
curl -sSf -o "$work/deleted" -X DELETE "$url/customers/$FUZZ_ERASED" -H "$operator"
curl -sSf -o "$work/erased" -X POST "$url/customers/$FUZZ_ERASED/erase" -H "$operator" -H 'If-Match: "2"'
export FUZZ_ERASED

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
