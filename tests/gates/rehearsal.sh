#!/usr/bin/env bash
# Rehearses a deployment's life on an emulated cloud, without an account and without Docker: deploys with the SAM CLI,
# runs the API tests against what was deployed, takes every permission away in turn, changes, fails, removes.
# docs/rehearsal.md says more. It needs Linux, curl, ip and unshare, and takes some minutes.
# Usage: tests/gates/rehearsal.sh SAM_VENV CLOUD_VENV [BINARIES]
# The venvs have tests/gates/requirements-sam.txt and tests/gates/requirements-cloud.txt. BINARIES is the folder with
# the functions and `customers` for x86-64, such as target/release; without it they are built for release.
set -euo pipefail
cd "$(dirname "$0")/../.."
sam=${1:?a virtual environment with tests/gates/requirements-sam.txt}
cloud=${2:?a virtual environment with tests/gates/requirements-cloud.txt}
binaries=${3:-}

for tool in curl ip unshare; do
    command -v "$tool" >/dev/null || { echo "rehearsal.sh needs $tool (curl, iproute2, util-linux)" >&2; exit 1; }
done
# The rehearsal gets a network of its own, so that this machine can have a public address in it, to which a deployed
# function sends webhooks, and a hosts file of its own, so that a name can change its address. CI leaves nothing out.
alone=(unshare --map-root-user --net --mount)
if ! "${alone[@]}" true; then
    [ -z "${CI:-}" ] || { echo 'rehearsal.sh may not make a network of its own here, and CI needs it' >&2; exit 1; }
    echo 'rehearsal.sh may not make a network of its own here: webhooks are left out' >&2
    alone=()
fi
if [ -z "$binaries" ]; then
    cargo build --release --locked --workspace --bin '*-*'
    binaries=${CARGO_TARGET_DIR:-target}/release
fi
# Nothing reaches the internet from that network, so the command `customers` and the tests are built before.
cargo build --quiet --locked --workspace --bins
cargo test --quiet --locked --workspace --test api --no-run
[ "${#alone[@]}" != 0 ] ||
    exec "$sam/bin/python" tests/gates/rehearsal/rehearse.py "$cloud" "$binaries" --without-webhooks
hosts=$(mktemp)
trap 'rm -f "$hosts"' EXIT
cat /etc/hosts >"$hosts"
export sam cloud binaries hosts
"${alone[@]}" sh -euc '
    ip link set lo up
    ip address add 25.0.0.1/32 dev lo
    mount --bind "$hosts" /etc/hosts
    exec "$sam/bin/python" tests/gates/rehearsal/rehearse.py "$cloud" "$binaries"'
