#!/bin/sh
# Runs `sam local invoke` and `sam local start-api` against the database of `cargo run`, and checks the answers.
# Needs a Docker engine on Linux. Takes minutes, because `sam build` builds every function.
# Usage: tests/gates/sam-local.sh SAM_VENV [--stand-in]   (a venv with tests/gates/requirements-sam.txt)
#
# --stand-in builds a replacement for the Lambda base image from this machine's C library and busybox, for machines
# that cannot pull images. That tests how the parts are connected, but not that they run on Amazon Linux.
set -eu
cd "$(dirname "$0")/../.."
PATH=$1/bin:$PATH
export PATH AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0
case $(uname -m) in
aarch64) architecture=arm64 ;;
*) architecture=x86_64 ;;
esac
[ "${2:-}" = --stand-in ] && pull=--skip-pull-image || pull=

cargo build --quiet --workspace --bins
sam build --parameter-overrides "Architecture=$architecture"

work=$(mktemp -d)
started=
# With SIGTERM, because after SIGKILL sam would leave its containers behind.
trap 'for process in $started; do kill "$process" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT

if [ -n "$pull" ]; then
    root=$work/image/root
    mkdir -p "$root/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/var/task"
    cp "$(command -v busybox)" "$root/bin/busybox"
    for tool in sh mv chmod rm; do ln -s busybox "$root/bin/$tool"; done
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    for library in $(ldd target/debug/customers | grep -o '/[^ ]*'); do
        mkdir -p "$root/$(dirname "$library")"
        cp -L "$library" "$root/$library"
    done
    printf 'FROM scratch\nCOPY root/ /\nENV PATH=/bin\nWORKDIR /var/task\n' >"$work/image/Dockerfile"
    DOCKER_BUILDKIT=0 docker build --quiet --tag "public.ecr.aws/lambda/provided:al2023-$architecture" "$work/image"
fi

# Containers reach this machine at the address of Docker's bridge. Not every engine reports that address.
bridge=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')
case $bridge in
[0-9]*) ;;
*) bridge=$(ip -4 -oneline address show docker0 | sed 's|.* inet \([0-9.]*\)/.*|\1|') ;;
esac
target/debug/customers --memory --no-webhooks --listen 127.0.0.1:0 --dynamodb "$bridge:8000" --queue "$bridge:8001" >"$work/customers.log" &
started="$started $!"
until grep -q '^Ctrl-C' "$work/customers.log"; do sleep 0.1; done

fail() {
    echo "$1" >&2
    tail -n 20 "$work/sam.log" >&2
    exit 1
}

# invoke FUNCTION EVENT STATUS: checks that the event is answered with this status.
invoke() {
    answer=$(sam local invoke "$1" --event "events/$2.json" $pull 2>"$work/sam.log")
    printf '%s' "$answer" | grep -q "\"statusCode\": $3" || fail "$1 answered $2: $answer"
    echo "sam local invoke $1, $2: $3"
}
invoke CreateCustomer create-customer 201
invoke ListCustomers list-customers 200
invoke GetCustomer get-customer 404
invoke ListPermissions list-permissions 200
invoke TestWebhook test-webhook 404

sam local start-api --port 3999 $pull >"$work/sam.log" 2>&1 &
started="$started $!"
until grep -q 'Running on' "$work/sam.log"; do sleep 0.5; done

# request TOKEN STATUS CURL-ARGUMENTS...: checks that the request is answered with this status.
request() {
    token=$1 expected=$2
    shift 2
    status=$(curl --silent --max-time 60 --output "$work/answer" --write-out '%{http_code}' \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/json' "$@")
    [ "$status" = "$expected" ] || fail "$* was answered $status: $(cat "$work/answer")"
    echo "sam local start-api, $*: $status"
}
request operator 201 http://127.0.0.1:3999/customers --data '{"username": "through-sam-local"}'
request reader 200 'http://127.0.0.1:3999/customers?username=through-sam-local'
request reader 403 http://127.0.0.1:3999/customers --data '{"username": "refused"}'
request nonsense 401 http://127.0.0.1:3999/customers
echo 'sam local works'
