#!/bin/sh
# Builds the functions for release, and checks their binaries. Each may have 5.5 MB, and 2.6 MB zipped, or
# half of that if it uses no database; the two behind the stream and the queue, which nobody waits for, 6.5 MB and 3.1 MB.
# None may need a newer C library than Lambda has.
set -eu
cd "$(dirname "$0")/../.."

# Of the workspace's binaries, just the functions have a hyphen in their names.
cargo build --release --locked --workspace --bin '*-*'

fail=0
printf '%-21s %10s %10s\n' function bytes zipped
for folder in functions/*/; do
    function=$(basename "$folder")
    binary=target/release/$function
    size=$(stat -c %s "$binary")
    zipped=$(gzip -9 -c "$binary" | wc -c)
    case $function in
    list-permissions | unknown-route) budget=2750000 zipped_budget=1300000 ;;
    publish-events | deliver-webhook) budget=6500000 zipped_budget=3100000 ;;
    *) budget=5500000 zipped_budget=2600000 ;;
    esac
    verdict=
    if [ "$size" -gt "$budget" ] || [ "$zipped" -gt "$zipped_budget" ]; then
        verdict="over its budget of $budget and $zipped_budget"
        fail=1
    fi
    printf '%-21s %10d %10d %s\n' "$function" "$size" "$zipped" "$verdict"
    tests/gates/glibc.sh "$binary" || fail=1
done
exit $fail
