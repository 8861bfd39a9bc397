#!/bin/sh
# Fails if a binary needs a newer C library than Amazon Linux 2023 has.
# Usage: tests/gates/glibc.sh BINARY...
set -eu
newest=2.34

for binary; do
    needed=$(readelf --version-info "$binary" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
    [ -n "$needed" ] || { echo "$binary has no version of the C library" >&2; exit 1; }
    if [ "$(printf '%s\n' "$needed" "$newest" | sort -V | tail -n 1)" != "$newest" ]; then
        echo "$binary needs glibc $needed, but Lambda has $newest" >&2
        exit 1
    fi
done
