#!/bin/sh
# Prints the token of a caller, for the API tests against a deployed API: it is their CUSTOMERS_TOKEN_COMMAND.
# The client and its secret come from CUSTOMERS_TOKEN_ENDPOINT, CUSTOMERS_CLIENT_ID and CUSTOMERS_CLIENT_SECRET.
# Usage: tests/gates/token.sh operator|reader
set -eu
case $1 in
operator) scope=customers/write ;;
reader) scope=customers/read ;;
*)
    echo 'client credentials give no token to a customer' >&2
    exit 3
    ;;
esac
answer=$(curl --silent --show-error --fail "$CUSTOMERS_TOKEN_ENDPOINT" \
    --user "$CUSTOMERS_CLIENT_ID:$CUSTOMERS_CLIENT_SECRET" \
    --data grant_type=client_credentials --data "scope=$scope")
printf '%s\n' "$answer" | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p' | grep .
