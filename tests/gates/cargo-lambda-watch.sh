#!/usr/bin/env bash
# Checks `cargo lambda watch` as README.md describes it: runs the command and the call from README.md on free ports,
# calls every function, checks the answers, and stops everything.
# Needs curl and python3. Builds the functions as `cargo run` does, which takes minutes the first time.
# Usage: tests/gates/cargo-lambda-watch.sh SAM_VENV   (a venv with tests/gates/requirements-sam.txt, which has cargo-lambda)
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
fail() {
    echo "cargo-lambda-watch.sh: $*" >&2
    [ ! -f "$work/watch.log" ] || tail -n 20 "$work/watch.log" >&2
    exit 1
}
for tool in cargo curl python3; do command -v "$tool" >/dev/null || fail "needs $tool"; done
[ $# = 1 ] && [ -x "$1/bin/cargo-lambda" ] ||
    fail 'needs a virtual environment with cargo-lambda: pip install -r tests/gates/requirements-sam.txt'
PATH=$1/bin:$PATH

# block TEXT: prints the code block of README.md that contains this text.
block() {
    awk -v text="$1" '/^```/ { if (index(block, text)) { printf "%s", block; exit } block = ""; next }
        { block = block $0 "\n" }' README.md
}
watch=$(block 'cargo lambda watch --')
call=$(block '127.0.0.1:9100/')
[ -n "$watch" ] && [ -n "$call" ] || fail 'README.md has no block with the command, or none with the call'

# Each job gets its own process group, so that it can be stopped together with everything that it started.
set -m
jobs=
end() {
    for job in $jobs; do kill -- "-$job" 2>/dev/null || true; done
    wait
    jobs=
}
trap 'end; rm -rf "$work"' EXIT

cargo build --locked --bins
cargo run --quiet --locked -- --help | grep -q -- --memory || fail 'cargo run -- --help does not name --memory'
cargo run --quiet --locked -- --memory --no-webhooks --listen 127.0.0.1:0 --dynamodb 127.0.0.1:0 --queue 127.0.0.1:0 >"$work/local.log" &
jobs=$!
until grep -q '^Ctrl-C' "$work/local.log"; do sleep 0.1; kill -0 "$jobs"; done
database=$(sed -n 's|.*database at http://\([0-9.:]*\) .*|\1|p' "$work/local.log")
queue=$(sed -n 's|.*the queue at http://\([0-9.:]*\);.*|\1|p' "$work/local.log")
[ -n "$database" ] && [ -n "$queue" ] ||
    fail "cargo run does not say where its database and its queue are: $(cat "$work/local.log")"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
here() { sed "s/127\.0\.0\.1:8000/$database/g; s/127\.0\.0\.1:8001/$queue/g; s/\b9100\b/$port/g"; }
touch "$work/watch.log"
bash -c "$(here <<<"$watch")" >"$work/watch.log" 2>&1 &
jobs="$jobs $!"
until grep -q 'starting Runtime server' "$work/watch.log"; do sleep 0.1; kill -0 $! || fail 'cargo lambda watch does not start'; done

# The call in README.md: the line that begins with `$`, its continuation lines, and the status line below them.
command=$(sed -n '/^\$ /,/[^\\]$/p' <<<"$call" | sed 's/^\$ //')
shown=$(grep '^HTTP/' <<<"$call")
answer=$(bash -c "$(here <<<"$command")" 2>/dev/null | head -n 1 | tr -d '\r')
[ "$answer" = "$shown" ] || fail "README.md shows $shown, but the answer is $answer"
echo "as README.md shows: $answer"

# request STATUS TEXT TOKEN METHOD PATH CURL-ARGUMENTS...: checks the status of the answer, and that it has this text.
request() {
    local expected=$1 text=$2 token=$3 method=$4 path=$5 status
    shift 5
    [ -z "$token" ] || set -- --header "Authorization: Bearer $token" "$@"
    status=$(curl --silent --max-time 600 --output "$work/answer" --write-out '%{http_code}' --request "$method" \
        "http://127.0.0.1:$port$path" --header 'Content-Type: application/json' "$@")
    [ "$status" = "$expected" ] && grep -qF -- "$text" "$work/answer" ||
        fail "$method $path was answered $status: $(cat "$work/answer")"
    echo "$method $path: $status"
}
request 201 '"username":"through-watch"' operator POST /customers --data '{"username": "through-watch"}'
id=$(cut -d '"' -f 4 "$work/answer")
request 409 username_taken operator POST /customers --data '{"username": "THROUGH-WATCH"}'
request 401 unauthenticated '' POST /customers --data '{"username": "nobodys"}'
request 403 forbidden reader POST /customers --data '{"username": "readers"}'
request 200 "$id" reader GET "/customers/$id"
request 200 "$id" reader GET '/customers?page_size=1'
request 401 unauthenticated '' GET /customers
request 401 unauthenticated nonsense GET "/customers/$id"
request 200 '"name":"Watched"' operator PATCH "/customers/$id" --data '{"name": "Watched"}' --header 'If-Match: "1"'
request 412 precondition_failed operator PUT "/customers/$id" --data '{"name": "Late"}' --header 'If-Match: "1"'
request 200 "$id" operator DELETE "/customers/$id"
request 200 '"tm_delete":"9999-' operator POST "/customers/$id/restore"
request 200 '"state":"unset"' reader GET "/customers/$id/webhook"
request 200 '"secret":"whsec_' operator POST "/customers/$id/webhook/rotate"
request 409 no_webhook_uri operator POST "/customers/$id/webhook/test"
request 200 "$id" operator PATCH "/customers/$id" --data '{"webhook_uri": "https://example.com/hooks"}'
request 202 "\"id\":\"$id.test-" operator POST "/customers/$id/webhook/test"
request 200 '"result":[' reader GET "/customers/$id/events"
request 404 event_not_found operator POST "/customers/$id/events/$id.7/redeliver"
request 428 precondition_required operator POST "/customers/$id/erase"
request 200 "$id" operator DELETE "/customers/$id"
request 200 '"tm_erase":"' operator POST "/customers/$id/erase" --header 'If-Match: "6"'
request 410 customer_erased "customer:$id" GET "/customers/$id"
request 200 '"name":"admin"' "customer:$id" GET /permissions
request 404 unknown_route operator GET /nothing
request 401 unauthenticated '' GET /nothing

# Linux has the environment of each process in /proc. Processes started here have this database's address in theirs.
end
for _ in {1..100}; do
    left=$(grep -lsF "AWS_ENDPOINT_URL_DYNAMODB=http://$database" /proc/[0-9]*/environ || true)
    [ -n "$left" ] || break
    sleep 0.1
done
[ -z "$left" ] || fail "these processes are still running: $left"
echo 'cargo lambda watch works'
