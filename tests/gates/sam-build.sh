#!/bin/sh
# Builds one function with `sam build`, as a deployment does but without optimisation, for arm64 and for x86-64, and checks the
# binaries.
# Usage: tests/gates/sam-build.sh SAM_VENV [FUNCTION]   (a venv with tests/gates/requirements-sam.txt; default: GetCustomer)
set -eu
cd "$(dirname "$0")/../.."
PATH=$1/bin:$PATH
function=${2:-GetCustomer}
export PATH AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0

# The release gate optimises; here it is enough that both builds work, in half the time.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0
for architecture in arm64 x86_64; do
    case $architecture in
    arm64) target=aarch64-unknown-linux-gnu machine=AArch64 ;;
    *) target=x86_64-unknown-linux-gnu machine=X86-64 ;;
    esac
    rustup target add --toolchain "$(rustup show active-toolchain | cut -d' ' -f1)" "$target"
    built=.aws-sam/$architecture
    sam build "$function" --build-dir "$built" --parameter-overrides "Architecture=$architecture"
    bootstrap=$built/$function/bootstrap
    readelf --file-header "$bootstrap" | grep -q "Machine:.*$machine" || {
        echo "$bootstrap is not for $architecture" >&2
        exit 1
    }
    tests/gates/glibc.sh "$bootstrap"
    echo "$architecture: $(stat -c %s "$bootstrap") bytes"
done
