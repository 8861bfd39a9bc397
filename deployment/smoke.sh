#!/usr/bin/env bash
# Runs the smoke test against the stack of one of the environments in samconfig.toml.
# Usage: deployment/smoke.sh ENVIRONMENT COMMAND...   such as: deployment/smoke.sh dev cargo run --
# COMMAND is called with `smoke URL`. It takes a token from CUSTOMERS_TOKEN, or gets one with CUSTOMERS_TOKEN_ENDPOINT,
# CUSTOMERS_CLIENT_ID and CUSTOMERS_CLIENT_SECRET. If none is set, this script uses the stack's own client.
set -euo pipefail
cd "$(dirname "$0")/.."
environment=${1:?dev, staging or prod}
shift
stack=$(sed -n "/^\[$environment\.deploy\.parameters\]/,/^\[/s/^stack_name = \"\(.*\)\"/\1/p" samconfig.toml)
[ -n "$stack" ] || { echo "samconfig.toml has no environment $environment" >&2; exit 2; }

output() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

url=$(output ApiUrl)
if [ -z "${CUSTOMERS_TOKEN:-}${CUSTOMERS_TOKEN_ENDPOINT:-}" ]; then
    pool=$(output UserPoolId)
    [ -n "$pool" ] || {
        echo "$stack uses another token issuer: set CUSTOMERS_TOKEN, or CUSTOMERS_TOKEN_ENDPOINT and a client" >&2
        exit 2
    }
    CUSTOMERS_TOKEN_ENDPOINT=$(output TokenEndpoint)
    CUSTOMERS_CLIENT_ID=$(output ClientId)
    CUSTOMERS_CLIENT_SECRET=$(aws cognito-idp describe-user-pool-client --user-pool-id "$pool" \
        --client-id "$CUSTOMERS_CLIENT_ID" --query UserPoolClient.ClientSecret --output text)
    # Masks the secret in the job's later output.
    [ -z "${GITHUB_ACTIONS:-}" ] || echo "::add-mask::$CUSTOMERS_CLIENT_SECRET"
    export CUSTOMERS_TOKEN_ENDPOINT CUSTOMERS_CLIENT_ID CUSTOMERS_CLIENT_SECRET
fi

# A pipeline that is cancelled signals this script alone, Ctrl-C its whole process group. In a group of its own, the
# smoke test gets each signal once, from here, and erases its customer.
set -m
"$@" smoke "$url" &
smoke=$!
trap 'kill -TERM "$smoke" 2>/dev/null || true' INT TERM
# A signal ends a wait, not the smoke test.
while true; do
    status=0
    wait "$smoke" || status=$?
    kill -0 "$smoke" 2>/dev/null || break
done
if [ "$status" != 0 ]; then
    {
        echo "### The smoke test of $stack failed"
        echo
        echo "The deployment is live at $url. The step above says which call failed and how."
        echo 'To roll back, see docs/operations.md, "Roll back".'
    } | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" >&2
    exit 1
fi
