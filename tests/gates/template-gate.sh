#!/bin/sh
# Checks template.yaml, deployment/role.yaml and each environment's transformed template against the rules of SAM,
# CloudFormation and checkov, and checks the deployment scripts and the costs in docs/operations.md. Needs no AWS
# account.
# Usage: tests/gates/template-gate.sh SAM_VENV CHECKOV_VENV   (with tests/gates/requirements-sam.txt and -checkov.txt)
set -eu
cd "$(dirname "$0")/../.."
sam=$1/bin checkov=$2/bin
# Without these, every sam command looks for credentials at an address that exists only on EC2.
export AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0

"$sam/sam" validate --lint
"$sam/cfn-lint" template.yaml deployment/role.yaml
"$sam/python" tests/gates/transformed_template.py
"$sam/python" tests/gates/published_versions.py
"$sam/python" tests/gates/decided_templates.py
"$sam/python" tests/gates/monthly_costs.py
"$sam/python" tests/gates/role_permissions.py
"$sam/python" tests/gates/deployment_scripts.py
"$checkov/checkov" --config-file .checkov.yaml
