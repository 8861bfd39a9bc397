//! The pipeline: the order in which it deploys, and what its role may do.

use serde_json::Value;

fn workflow(name: &str) -> Value {
    let text = tests::read(format!(".github/workflows/{name}.yml"));
    serde_yaml_ng::from_str(&text).unwrap()
}

#[test]
fn a_deployment_passes_ci_builds_once_and_comes_to_prod_by_dev_and_staging() {
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
fn each_environment_gets_that_build_with_a_token_of_its_own_and_a_smoke_test() {
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

/// The statements of a policy of deployment/role.yaml that allow `action`, as text.
fn statements(role: &str, action: &str) -> Vec<String> {
    let statements = role
        .split("- Sid: ")
        .filter(|statement| statement.contains(action));
    statements.map(str::to_owned).collect()
}

#[test]
fn the_pipelines_role_is_taken_by_one_environment_of_one_repository_and_reads_no_customer() {
    let role = tests::read("deployment/role.yaml");
    let subject =
        "token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:environment:${GitHubEnvironment}";
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
fn the_pipelines_role_makes_no_role_but_within_the_boundary_or_with_policies_of_awss() {
    let role = tests::read("deployment/role.yaml");
    for action in ["iam:PutRolePolicy", "iam:AttachRolePolicy"] {
        for statement in statements(&role, action) {
            let bound =
                statement.contains("iam:PermissionsBoundary:") || statement.contains("iam:PolicyARN:");
            assert!(bound, "{statement}");
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
