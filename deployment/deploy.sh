#!/usr/bin/env bash
# Deploys what `sam build` has built to one of the environments in samconfig.toml. Explains a failed deployment.
# Usage: deployment/deploy.sh ENVIRONMENT [PARAMETER=VALUE ...]   (needs the SAM CLI, the AWS CLI and readelf)
# The parameters are added to the environment's own. `NAME=` makes one empty. In a pipeline, ARTIFACT_BUCKET,
# EXECUTION_ROLE and FUNCTION_BOUNDARY are outputs of deployment/role.yaml. A stack that the pipeline has deployed needs
# ARTIFACT_BUCKET on a workstation, too.
set -euo pipefail
cd "$(dirname "$0")/.."
environment=${1:?dev, staging or prod}
shift

setting() {
    sed -n "/^\[$environment\.deploy\.parameters\]/,/^\[/s/^$1 = \"\(.*\)\"/\1/p" samconfig.toml | sed 's/\\"/"/g'
}
stack=$(setting stack_name)
[ -n "$stack" ] || { echo "samconfig.toml has no environment $environment" >&2; exit 2; }
read -ra parameters <<<"$(setting parameter_overrides)"
[ -z "${FUNCTION_BOUNDARY:-}" ] || parameters+=("PermissionsBoundary=$FUNCTION_BOUNDARY")
parameters+=("$@")
# SAM takes an empty value only in quotes, and the shell has removed those that were given.
for index in "${!parameters[@]}"; do
    [[ ! ${parameters[index]} =~ ^[A-Za-z0-9]+=$ ]] || parameters[index]+='""'
done

# A parameter's value in this deployment: as given here, else the stack's current one, else the default.
value() {
    local given
    given=$(printf '%s\n' "${parameters[@]}" | sed -n "s/^$1=//p" | tail -1)
    [ -n "$given" ] || given=$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Parameters[?ParameterKey=='$1'].ParameterValue" 2>/dev/null || true)
    given=${given:-$2}
    printf '%s' "${given//\"/}"
}

# CloudFormation keeps the role that a stack was deployed with, also for deployments without --role-arn.
role=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].RoleARN' --output text 2>/dev/null ||
    true)
if [[ $role == arn:* && -z ${ARTIFACT_BUCKET:-} ]]; then
    echo "$stack is deployed with $role, which reads code from one bucket only: export ARTIFACT_BUCKET, the output" \
        'ArtifactBucket of the stack of the roles (docs/operations.md, "From a workstation")' >&2
    exit 2
fi

# The changes of a table are told from its own stream. That of another one would be read without an error.
table=$(value ExistingTable '')
stream=$(value ExistingTableStream '')
if [[ -n $table && -n $stream && $stream != *":table/$table/stream/"* ]]; then
    echo "ExistingTableStream=$stream is not a stream of $table" >&2
    exit 2
fi

# Lambda cannot start a function that was built for another processor.
case $(value Architecture arm64) in
arm64) machine=AArch64 ;;
*) machine=X86-64 ;;
esac
built=(.aws-sam/build/*/bootstrap)
[ -e "${built[0]}" ] || { echo 'there is no build: run sam build' >&2; exit 2; }
for bootstrap in "${built[@]}"; do
    readelf --file-header "$bootstrap" | grep -q "Machine:.*$machine" || {
        echo "$bootstrap is not for $(value Architecture arm64): build and deploy with the same Architecture" >&2
        exit 2
    }
done

# what_to_do STATUS STATUSES: the stack's status, and those that it has had during this deployment.
what_to_do() {
    case $1 in
    ROLLBACK_COMPLETE | ROLLBACK_FAILED | DELETE_FAILED)
        echo 'The creation failed. Remove what is left, fix the cause and deploy again: docs/recovery.md, "A failed stack creation".' ;;
    UPDATE_ROLLBACK_COMPLETE)
        [[ $2 == *UPDATE_ROLLBACK_COMPLETE* ]] || {
            echo 'Nothing was changed: see the output above. The status is that of an earlier deployment.'
            return
        }
        echo 'The previous version serves again. If an alias failed, the new version failed during the canary, when it got 10 % of the calls: its canary alarm and the log of its function say how. Fix it and deploy again. If the alarm is wrong, see docs/operations.md, "When an alarm blocks a fix".' ;;
    UPDATE_ROLLBACK_FAILED)
        echo 'The rollback failed too. Fix the cause that the events name, then: aws cloudformation continue-update-rollback --stack-name '"$stack" ;;
    *)
        echo 'Nothing was changed, or the change is still in progress: see the output above and the stack.' ;;
    esac
}

report() {
    local status statuses
    status=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].StackStatus' --output text ||
        echo 'no such stack')
    statuses=$(aws cloudformation describe-stack-events --stack-name "$stack" --output text --query \
        "StackEvents[?Timestamp>='$started' && LogicalResourceId=='$stack'].ResourceStatus" || true)
    echo "### The deployment of $stack failed: $status"
    echo
    what_to_do "$status" "$statuses"
    echo
    echo '```'
    aws cloudformation describe-stack-events --stack-name "$stack" --output text --query \
        "reverse(StackEvents[?Timestamp>='$started' && ends_with(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatus, ResourceStatusReason])" ||
        true
    echo '```'
}

options=()
[ -t 0 ] || options+=(--no-confirm-changeset)
[ -z "${ARTIFACT_BUCKET:-}" ] || options+=(--no-resolve-s3 --s3-bucket "$ARTIFACT_BUCKET")
[ -z "${EXECUTION_ROLE:-}" ] || options+=(--role-arn "$EXECUTION_ROLE")
started=$(date -u +%Y-%m-%dT%H:%M:%S)
if ! sam deploy --config-env "$environment" --no-fail-on-empty-changeset "${options[@]}" \
    --parameter-overrides "${parameters[@]}"; then
    report | tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" >&2
    exit 1
fi

# Nobody should delete these stacks by accident: `sam delete` fails until this protection is switched off.
if [ "$(value Environment prod)" != dev ]; then
    aws cloudformation update-termination-protection --stack-name "$stack" --enable-termination-protection >/dev/null
fi
