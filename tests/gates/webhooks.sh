#!/usr/bin/env bash
# Runs the Python and the TypeScript receiver of docs/webhooks.md word for word, with the Standard Webhooks libraries,
# and sends them every type of event: each must arrive verified, once, and what is forged must be refused. Rotates the
# secret, which must verify before and after. Needs Python 3.10 or later with venv, curl, and Node.js 20 or later with
# npm. Installs the rest.
# Usage: tests/gates/webhooks.sh [CUSTOMERS], where CUSTOMERS is a binary that is already built
set -euo pipefail
cd "$(dirname "$0")/../.."
gate=tests/gates/webhooks

fail() {
    echo "webhooks.sh: $*" >&2
    exit 1
}
need() { command -v "$1" >/dev/null || fail "needs $1: $2"; }
need curl 'install curl'
need python3 'install Python 3.10 or later'
need node 'install Node.js 20 or later'
need npm 'it comes with Node.js, or as the package npm'

if [ $# -ge 1 ]; then
    customers=$1
else
    need cargo 'install Rust from https://rustup.rs'
    # The same build as the tests use, so that nothing is compiled twice.
    cargo build --quiet --locked --workspace --bins
    customers=target/debug/customers
fi

work=$PWD/target/gate-webhooks
rm -rf "$work"
mkdir -p "$work"
receiver=
local=
stop() { [ -z "$1" ] || { kill "$1" && wait "$1"; } 2>/dev/null || true; }
trap 'stop "$receiver"; stop "$local"' EXIT

python3 -m venv "$work/venv"
python=$work/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check --requirement "$gate/requirements.txt"
cp "$gate/package.json" "$gate/tsconfig.json" "$work"
npm install --loglevel error --no-audit --no-fund --prefix "$work" >/dev/null

# block LANGUAGE: the only block of docs/webhooks.md in this language.
block() {
    awk -v begin="\`\`\`$1" '$0 == begin { inside = 1; blocks++; next } $0 == "```" { inside = 0 } inside
        END { exit blocks != 1 }' docs/webhooks.md || fail "docs/webhooks.md does not have one block of $1"
}
block python >"$work/receiver.py"
block typescript >"$work/receiver.ts"
"$work/node_modules/.bin/tsc" --project "$work"

: >"$work/customers.log"
"$customers" serve --memory --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0 --allow-private-webhooks >"$work/customers.log" &
local=$!
until grep -q '^Ctrl-C' "$work/customers.log"; do sleep 0.1; kill -0 "$local"; done
url=$(sed -n '1s/.* at //p' "$work/customers.log")

# call METHOD PATH [BODY]: an operator's call to the registry.
call() {
    curl --silent --show-error --fail-with-body --request "$1" "$url$2" --header 'Authorization: Bearer operator' \
        ${3+--header 'Content-Type: application/json' --data "$3"} || fail "$1 $2 failed"
}
member() { "$python" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# start COMMAND...: starts a receiver with the secret $secret at $port.
start() {
    stop "$receiver"
    WEBHOOK_SECRET=$secret PORT=$port "$@" >>"$work/received.log" &
    receiver=$!
    until curl --silent --output "$work/answer" "http://127.0.0.1:$port/"; do sleep 0.1; kill -0 "$receiver"; done
}

# arrives LINE: waits until the receiver shows this line, which it must do once.
arrives() {
    for _ in $(seq 150); do
        if grep -qxF "$1" "$work/received.log"; then
            [ "$(grep -cxF "$1" "$work/received.log")" = 1 ] || fail "$1 was taken twice"
            return
        fi
        sleep 0.1
    done
    fail "$1 did not arrive; what arrived is: $(cat "$work/received.log"). $(call GET "/customers/$id/webhook" |
        sed 's/whsec_[^"]*/whsec_…/')"
}

# tries_it: sends a test, and waits until it arrives.
tries_it() { arrives "webhook.test $(call POST "/customers/$id/webhook/test" | member id)"; }

# answers STATUS ID BODY SIGNATURE: sends a message to the receiver, signed now with $secret unless SIGNATURE is given.
answers() {
    local now signature=${4-} status
    now=$(date +%s)
    [ -n "$signature" ] || signature=$("$python" - "$2" "$now" "$3" <<'PYTHON'
import os, sys
from datetime import datetime, timezone
from standardwebhooks import Webhook
name, now, body = sys.argv[1:]
print(Webhook(os.environ["SECRET"]).sign(name, datetime.fromtimestamp(int(now), timezone.utc), body))
PYTHON
    )
    status=$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$port/" \
        --header "webhook-id: $2" --header "webhook-timestamp: $now" --header "webhook-signature: $signature" \
        --header 'Content-Type: application/json' --data "$3")
    [ "$status" = "$1" ] || fail "a receiver answers $status instead of $1 to $2 $3 with the signature $signature"
}

# check NAME COMMAND...: checks a receiver.
check() {
    local name=$1
    shift
    echo "the $name receiver"
    receiver=
    : >"$work/received.log"
    port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # The receiver starts later than the first event, which is sent again.
    id=$(call POST /customers "{\"username\": \"$name\", \"webhook_uri\": \"http://127.0.0.1:$port/hook\"}" | member id)
    secret=$(call GET "/customers/$id/webhook" | member secret)
    start "$@"
    arrives "customer.created $id.1"

    call PATCH "/customers/$id" '{"name": "Anna"}' >/dev/null
    arrives "customer.updated $id.2"
    call DELETE "/customers/$id" >/dev/null
    arrives "customer.deleted $id.3"
    call POST "/customers/$id/restore" >/dev/null
    arrives "customer.restored $id.4"
    tries_it
    call PATCH "/customers/$id" '{"webhook_method": "PUT"}' >/dev/null
    arrives "customer.updated $id.5"
    call PATCH "/customers/$id" '{"webhook_method": "GET"}' >/dev/null
    arrives "GET $id.6"
    call PATCH "/customers/$id" '{"webhook_method": "DELETE"}' >/dev/null
    arrives "customer.updated $id.7"

    local other=5e4a0680-804e-11ec-8477-2fea5968d85b event='{"type": "customer.updated"}'
    answers 401 "$other.8" "$event" "v1,$(head -c 32 /dev/zero | base64)"
    for malformed in 'v1' 'v1,é' 'nothing'; do answers 401 "$other.8" "$event" "$malformed"; done
    status=$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$port/" --data "$event")
    [ "$status" = 401 ] || fail "a message without a signature is answered $status"
    export SECRET=$secret
    for version in 10 10 9 11 test-1 test-1; do answers 204 "$other.$version" "$event"; done
    arrives "customer.updated $other.10"
    arrives "customer.updated $other.11"
    arrives "customer.updated $other.test-1"
    grep -qF "$other.9" "$work/received.log" && fail 'an older version was taken'
    grep -qF "$other.8" "$work/received.log" && fail 'a forged message was taken'

    local old=$secret
    secret=$(call POST "/customers/$id/webhook/rotate" | member secret)
    [ "$secret" != "$old" ] || fail 'the secret was not rotated'
    tries_it # with the old secret
    start "$@"
    tries_it # with the new one
    stop "$receiver"
}

check python "$python" -u "$work/receiver.py"
check typescript node "$work/receiver.js"
echo 'both receivers of docs/webhooks.md take each event once, and refuse what is forged'
