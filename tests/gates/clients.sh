#!/bin/sh
# Generates a Python and a TypeScript client from openapi.yaml and uses both against the served API. Fails if a
# generator prints a warning, leaves out an operation, or makes up a model name such as `WebhookMethodType1`.
# Needs Python 3.11 or later with venv, and Node.js 20 or later with npm. Installs the rest in a temporary folder.
# Usage: tests/gates/clients.sh
set -eu
cd "$(dirname "$0")/../.."
gate=tests/gates/clients

fail() {
    echo "clients.sh: $*" >&2
    exit 1
}
need() { command -v "$1" >/dev/null || fail "needs $1: $2"; }
need cargo 'install Rust from https://rustup.rs'
need python3 'install Python 3.11 or later'
need node 'install Node.js 20 or later'
need npm 'it comes with Node.js, or as the package npm'
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail 'needs Python 3.11 or later'
python3 -c 'import ensurepip, venv' || fail "needs Python's venv, such as the package python3-venv"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || fail 'needs Node.js 20 or later'

# The same build as the tests use, so that nothing is compiled twice.
cargo build --quiet --locked --workspace --bins

work=$(mktemp -d)
local=
trap '[ -z "$local" ] || { kill "$local"; wait "$local"; } 2>/dev/null; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
export NO_COLOR=1
pip install --quiet --disable-pip-version-check --requirement "$gate/requirements.txt"
cp "$gate/package.json" "$gate/tsconfig.json" "$gate/use-client.ts" "$work"
npm install --loglevel error --no-audit --no-fund --prefix "$work" >/dev/null

echo 'generating the Python client'
openapi-python-client generate --path openapi.yaml --meta none --output-path "$work/registry" --fail-on-warning \
    >"$work/python.log" 2>&1 || fail "openapi-python-client prints: $(cat "$work/python.log")"
# Its normal output is one line. If it cannot run a formatter, it prints more but does not call it a warning.
[ "$(wc -l <"$work/python.log")" -le 2 ] || fail "openapi-python-client prints: $(cat "$work/python.log")"

echo 'generating the TypeScript client'
"$work/node_modules/.bin/openapi-typescript" openapi.yaml --output "$work/registry.d.ts" \
    >/dev/null 2>"$work/typescript.log" || fail "openapi-typescript fails: $(cat "$work/typescript.log")"
[ ! -s "$work/typescript.log" ] || fail "openapi-typescript warns: $(cat "$work/typescript.log")"

if grep -E 'Type[0-9]+' "$work/registry/models/__init__.py"; then
    fail 'a model has a name that the generator made up'
fi
# What clients call. `webhooks:` is what they receive.
operations=$(sed -n '/^paths:/,/^webhooks:/s/^      operationId: //p' openapi.yaml)
[ "$(printf '%s\n' "$operations" | wc -l)" -ge 8 ] || fail 'openapi.yaml has fewer than eight operations'
for operation in $operations; do
    module=$(printf '%s' "$operation" | sed 's/[A-Z]/_&/g' | tr '[:upper:]' '[:lower:]')
    ls "$work"/registry/api/*/"$module.py" >/dev/null || fail "the Python client has no $module"
    grep -q "^    $operation: {" "$work/registry.d.ts" || fail "the TypeScript client has no $operation"
done

target/debug/customers --memory --no-webhooks --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0 --queue 127.0.0.1:0 >"$work/customers.log" &
local=$!
until grep -q '^Ctrl-C' "$work/customers.log"; do sleep 0.1; kill -0 "$local"; done
url=$(sed -n '1s/.* at //p' "$work/customers.log")

echo 'using the Python client'
PYTHONPATH=$work python3 "$gate/use_client.py" "$url"
echo 'using the TypeScript client'
"$work/node_modules/.bin/tsc" --project "$work"
node "$work/use-client.js" "$url"
echo "both clients have all $(printf '%s\n' "$operations" | wc -l) operations and work"
