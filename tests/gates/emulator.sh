#!/bin/sh
# Sends every file in events/ to the release binaries under AWS's Lambda Runtime Interface Emulator, with the embedded
# database. The emulator comes with the SAM CLI.
# Usage: tests/gates/emulator.sh [PYTHON]   (a Python with tests/gates/requirements-sam.txt; default: python3)
set -eu
cd "$(dirname "$0")/../.."
python=${1:-python3}

emulator=$("$python" - <<'PYTHON'
import pathlib, platform, samcli
machine = {"aarch64": "arm64"}.get(platform.machine(), "x86_64")
print(pathlib.Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{machine}")
PYTHON
)
# The Python package does not mark it as executable.
copy=$(mktemp)
trap 'rm -f "$copy"' EXIT
cp "$emulator" "$copy"
chmod +x "$copy"

cargo build --quiet --release --locked --workspace --bin '*-*'
LAMBDA_RIE=$copy FUNCTIONS=$PWD/target/release \
    cargo test --quiet --locked --workspace --test system emulator -- --ignored --nocapture
