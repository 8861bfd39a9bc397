#!/usr/bin/env bash
# Rehearses a deployment's life on an emulated cloud, without an account and without Docker: deploys with the SAM CLI,
# runs the API tests against what was deployed, takes every permission away in turn, changes, fails, removes.
# docs/rehearsal.md says more. It needs curl, and takes some minutes.
# Usage: tests/gates/rehearsal.sh SAM_VENV CLOUD_VENV [BINARIES]
# The venvs have tests/gates/requirements-sam.txt and tests/gates/requirements-cloud.txt. BINARIES is the folder with
# the functions and `customers` for x86-64, such as target/release; without it they are built for release.
set -euo pipefail
cd "$(dirname "$0")/../.."
sam=${1:?a virtual environment with tests/gates/requirements-sam.txt}
cloud=${2:?a virtual environment with tests/gates/requirements-cloud.txt}
binaries=${3:-}

command -v curl >/dev/null || { echo 'rehearsal.sh needs curl' >&2; exit 1; }
if [ -z "$binaries" ]; then
    cargo build --release --locked --workspace --bins
    binaries=${CARGO_TARGET_DIR:-target}/release
fi
exec "$sam/bin/python" tests/gates/rehearsal/rehearse.py "$cloud" "$binaries"
