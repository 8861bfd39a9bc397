//! The deployment pipeline: its order, what its role may do, and the actions that it uses.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

fn workflow(name: &str) -> Value {
    let text = tests::read(format!(".github/workflows/{name}.yml"));
    serde_yaml_ng::from_str(&text).unwrap()
}

#[test]
fn a_deployment_passes_ci_builds_once_and_goes_through_dev_and_staging_to_prod() {
    let jobs = workflow("deploy")["jobs"].clone();
    assert_eq!(jobs["ci"]["uses"], "./.github/workflows/ci.yml");
    for (job, before) in [
        ("build", "ci"),
        ("dev", "build"),
        ("staging", "dev"),
        ("prod", "staging"),
    ] {
        assert_eq!(jobs[job]["needs"], before, "{job}");
    }
    let builds = |value: &Value| value.to_string().matches("sam build").count();
    assert_eq!((builds(&jobs), builds(&jobs["build"])), (1, 1));
    for environment in ["dev", "staging", "prod"] {
        assert_eq!(
            jobs[environment]["uses"],
            "./.github/workflows/deploy-environment.yml"
        );
        assert_eq!(jobs[environment]["with"]["environment"], environment);
    }
}

#[test]
fn each_environment_gets_the_same_build_its_own_credentials_and_a_smoke_test() {
    let deployment = workflow("deploy-environment");
    let job = &deployment["jobs"]["deploy"];
    assert_eq!(job["environment"], "${{ inputs.environment }}");
    let steps = job["steps"].as_array().unwrap();
    let place = |part: &str| {
        let holds = |step: &Value| step.to_string().contains(part);
        steps
            .iter()
            .position(holds)
            .unwrap_or_else(|| panic!("no step has {part}"))
    };
    let order = [
        "download-artifact",
        "configure-aws-credentials",
        "deployment/deploy.sh",
        "deployment/smoke.sh",
    ];
    assert!(order.map(place).is_sorted(), "{:?}", order.map(place));
    let text = deployment.to_string();
    assert!(!text.contains("sam build") && !text.contains("aws-access-key-id"));
}

#[test]
fn one_deployment_at_a_time_reaches_an_environment_and_no_waiting_one_is_cancelled() {
    assert!(workflow("deploy")["concurrency"].is_null());
    let job = &workflow("deploy-environment")["jobs"]["deploy"];
    assert_eq!(job["concurrency"]["group"], "deploy-${{ inputs.environment }}");
    assert_eq!(job["concurrency"]["queue"], "max");
    // A deployment's CI is a part of its run, which no other run may cancel.
    let group = workflow("ci")["concurrency"]["group"].to_string();
    assert!(
        group.contains("github.workflow == 'CI' && github.ref || github.run_id"),
        "{group}"
    );
}

#[test]
fn ci_rehearses_with_webhooks_or_fails() {
    let steps = workflow("ci")["jobs"]["ci"]["steps"].clone();
    let runs: Vec<_> = steps
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["run"].as_str())
        .collect();
    let place = |part: &str| runs.iter().position(|run| run.contains(part));
    let allowed = place("kernel.apparmor_restrict_unprivileged_userns=0");
    assert!(allowed.is_some() && allowed < place(".ci/run"), "{runs:?}");

    let tools = tempfile::tempdir().unwrap();
    for (tool, status) in [("curl", 0), ("ip", 0), ("unshare", 1)] {
        let file = tools.path().join(tool);
        std::fs::write(&file, format!("#!/bin/sh\nexit {status}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", tools.path().display(), std::env::var("PATH").unwrap());
    let run = Command::new(tests::root().join("tests/gates/rehearsal.sh"))
        .args(["sam", "cloud", "binaries"])
        .env("PATH", path)
        .env("CI", "true")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && said.contains("CI needs it"), "{said}");
}

/// The statements of `deployment/role.yaml` that allow `action`, as text.
fn statements(role: &str, action: &str) -> Vec<String> {
    let statements = role
        .split("- Sid: ")
        .filter(|statement| statement.contains(action));
    statements.map(str::to_owned).collect()
}

#[test]
fn the_pipeline_role_serves_one_environment_of_one_repository_and_reads_no_customers() {
    let role = tests::read("deployment/role.yaml");
    let subject =
        "token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:environment:${GitHubEnvironment}";
    // A boundary allows nothing by itself.
    let (role, _) = role.split_once("\n  FunctionBoundary:\n").unwrap();
    assert_eq!(role.matches("sts:AssumeRoleWithWebIdentity").count(), 1);
    assert_eq!(role.matches(subject).count(), 1);
    for forbidden in [
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:PutItem",
        "dynamodb:DeleteTable",
        "dynamodb:*",
        "lambda:Invoke",
        "iam:*",
        "kms:*",
        "cloudformation:DeleteStack",
        "Action: \"*\"",
    ] {
        assert!(!role.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_pipeline_role_creates_only_roles_with_the_boundary_or_managed_policies() {
    let role = tests::read("deployment/role.yaml");
    for statement in statements(&role, "iam:AttachRolePolicy") {
        let bound = statement.contains("iam:PermissionsBoundary:") || statement.contains("iam:PolicyARN:");
        assert!(bound, "{statement}");
    }
    for action in ["iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"] {
        for statement in statements(&role, action) {
            assert!(
                statement.contains("ArnEquals: { iam:PermissionsBoundary: !Ref FunctionBoundary }"),
                "{statement}"
            );
        }
    }
    for statement in statements(&role, "iam:PassRole") {
        assert!(statement.contains("iam:PassedToService"), "{statement}");
    }
    let stacks_roles = ["CodeDeployServiceRole", "BackupRole"];
    let template = tests::read("template.yaml");
    assert!(template.contains("  BackupRole:"));
    for name in stacks_roles {
        assert!(role.contains(&format!("role/${{StackName}}-{name}-*")), "{name}");
    }
}

#[test]
fn the_pipeline_role_cannot_change_what_limits_it() {
    let role = tests::read("deployment/role.yaml");
    for action in [
        "iam:CreatePolicy",
        "iam:SetDefaultPolicyVersion",
        "iam:DeleteRolePermissionsBoundary",
    ] {
        assert!(!role.contains(action), "{action}");
    }
    for resource in role.split(":role/").skip(1) {
        let theirs = resource.starts_with("${StackName}-") || resource.starts_with("aws-service-role/");
        assert!(theirs, "{:?}", resource.lines().next());
    }
    for resource in role.split(":policy/").skip(1) {
        let theirs = resource.starts_with("${StackName}-") || resource.starts_with("service-role/");
        assert!(theirs, "{:?}", resource.lines().next());
    }
    // With a path, no name of the stack of these roles puts them under `role/${StackName}-`.
    for limit in ["DeployRole", "ExecutionRole", "FunctionBoundary"] {
        let (_, resource) = role.split_once(&format!("\n  {limit}:\n    Type: ")).unwrap();
        let (resource, _) = resource.split_once("\n\n").unwrap();
        assert!(resource.contains("Path: /pipeline/"), "{limit}");
    }
}

#[test]
fn deployed_code_stays_in_the_bucket() {
    let role = tests::read("deployment/role.yaml");
    assert!(role.contains("NoncurrentVersionExpiration"));
    assert!(!role.contains("ExpirationInDays"));
}

#[test]
fn every_workflow_action_is_pinned_to_a_commit() {
    let mut actions = 0;
    for workflow in std::fs::read_dir(tests::root().join(".github/workflows")).unwrap() {
        let text = std::fs::read_to_string(workflow.unwrap().path()).unwrap();
        let uses = text.lines().filter_map(|line| line.split_once("uses: "));
        // A path that begins with a dot is in this repository, so it has the same commit.
        for line in uses.filter(|line| !line.1.starts_with("./")) {
            let (_, commit) = line.1.split_once('@').unwrap();
            let commit = commit.split_whitespace().next().unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit, "{} is not pinned to a commit", line.1);
            actions += 1;
        }
    }
    assert!(actions > 1);
}
