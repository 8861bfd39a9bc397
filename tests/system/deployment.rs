//! The template as what a platform team lets into production.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tests::deployed::{references, resources, template};

#[test]
fn a_call_ends_well_or_badly_before_lambda_ends_it() {
    let globals = &template().document["Globals"]["Function"];
    // Two operations of the store at their limit of 8 seconds each.
    assert!(globals["Timeout"].as_u64().unwrap() > 16);
    assert!(
        globals["Timeout"].as_u64().unwrap() < 30,
        "API Gateway waits no longer"
    );
}

#[test]
fn every_function_is_published_behind_an_alias() {
    let globals = &template().document["Globals"]["Function"];
    assert_eq!(globals["AutoPublishAlias"], "live");
    assert_eq!(globals["AutoPublishAliasAllProperties"], true);
    assert_eq!(globals["Tracing"], "Active");
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
}

#[test]
fn every_function_writes_to_a_log_group_of_its_own_that_is_encrypted_and_ends() {
    let groups = resources("AWS::Logs::LogGroup");
    let mut used = BTreeSet::new();
    for (id, function) in resources("AWS::Serverless::Function") {
        let group = &function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"];
        assert!(
            used.insert(group.as_str().unwrap().to_owned()),
            "{id} shares its log"
        );
        let binary = &function["Metadata"]["BuildProperties"]["Binary"];
        let name = format!(
            "/aws/lambda/${{AWS::StackName}}/${{Id}}/{}",
            binary.as_str().unwrap()
        );
        assert_eq!(
            groups[group.as_str().unwrap()]["Properties"]["LogGroupName"]["Fn::Sub"][0],
            name
        );
    }
    assert_eq!(groups.len(), used.len() + 1, "and the API's");
    for (id, group) in groups {
        let properties = &group["Properties"];
        assert_eq!(
            properties["RetentionInDays"],
            json!({"Ref": "LogRetentionDays"}),
            "{id}"
        );
        assert!(
            references(&properties["KmsKeyId"]).contains("CustomersKey"),
            "{id}"
        );
    }
}

#[test]
fn the_access_log_is_json_and_names_no_customer() {
    let settings = &template().document["Resources"]["Api"]["Properties"]["AccessLogSettings"];
    let format = settings["Format"].as_str().unwrap();
    let document: BTreeMap<String, String> = serde_json::from_str(format).unwrap();
    for wanted in [
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
    ] {
        assert!(document.values().any(|value| value == wanted), "{wanted}");
    }
    for personal in [
        "$context.path",
        "$context.authorizer.claims.customer_id",
        "$context.authorizer.claims.sub",
        "querystring",
    ] {
        assert!(!format.contains(personal), "{personal}");
    }
}

#[test]
fn the_api_is_throttled_and_open_to_no_browser_unless_an_origin_is_given() {
    let document = template().document;
    let api = &document["Resources"]["Api"]["Properties"];
    let throttled = &api["DefaultRouteSettings"];
    assert_eq!(throttled["ThrottlingRateLimit"], json!({"Ref": "ThrottlingRate"}));
    assert_eq!(
        throttled["ThrottlingBurstLimit"],
        json!({"Ref": "ThrottlingBurst"})
    );
    assert_eq!(document["Parameters"]["CorsOrigins"]["Default"], "");
    let cors = api["CorsConfiguration"]["Fn::If"].as_array().unwrap();
    assert_eq!(
        (&cors[0], &cors[2]),
        (&json!("Cors"), &json!({"Ref": "AWS::NoValue"}))
    );
}

#[test]
fn the_table_outlives_its_stack_its_mistakes_and_its_disks() {
    let table = &resources("AWS::DynamoDB::Table")["CustomersTable"];
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(table[policy], "Retain");
    }
    let properties = &table["Properties"];
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    assert_eq!(
        properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    for limited in [properties, &properties["GlobalSecondaryIndexes"][0]] {
        assert_eq!(
            limited["OnDemandThroughput"]["MaxWriteRequestUnits"],
            json!({"Ref": "MaxWriteUnits"})
        );
        assert_eq!(
            limited["OnDemandThroughput"]["MaxReadRequestUnits"],
            json!({"Ref": "MaxReadUnits"})
        );
    }
    assert!(references(&properties["SSESpecification"]).contains("CustomersKey"));
    assert_eq!(
        resources("AWS::KMS::Key")["CustomersKey"]["Properties"]["EnableKeyRotation"],
        true
    );
}

#[test]
fn what_outlives_a_stack_hinders_neither_its_removal_nor_the_next_one() {
    // CloudFormation cannot delete what is protected, not even after a failed creation.
    let protected = [
        ("AWS::DynamoDB::Table", "DeletionProtectionEnabled"),
        ("AWS::Cognito::UserPool", "DeletionProtection"),
    ];
    for (kind, protection) in protected {
        for (id, resource) in resources(kind) {
            assert!(!resource["Properties"][protection].is_null());
            assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
        }
    }
    let kept = ["AWS::KMS::Key", "AWS::Backup::BackupVault", "AWS::Logs::LogGroup"];
    for (id, resource) in kept.into_iter().flat_map(resources) {
        assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
    }
    // A name that stays in use would forbid a second stack of this name.
    for (kind, name) in [
        ("AWS::Logs::LogGroup", "LogGroupName"),
        ("AWS::Backup::BackupVault", "BackupVaultName"),
        ("AWS::DynamoDB::Table", "TableName"),
    ] {
        for (id, resource) in resources(kind) {
            let name = &resource["Properties"][name];
            assert!(
                name.is_null() || name.to_string().contains("AWS::StackId"),
                "{id}: {name}"
            );
        }
    }
}

#[test]
fn two_regions_of_an_account_can_hold_a_stack_of_the_same_name() {
    // What has one name for all regions: IAM's names, which CloudFormation makes up where none is given, and dashboards'.
    for (kind, name) in [
        ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::Serverless::Function", "FunctionName"),
    ] {
        for (id, resource) in resources(kind) {
            assert!(resource["Properties"][name].is_null(), "{id}");
        }
    }
    let dashboard = &resources("AWS::CloudWatch::Dashboard")["Dashboard"]["Properties"]["DashboardName"];
    assert!(dashboard.to_string().contains("${AWS::Region}"), "{dashboard}");
    let domain = &resources("AWS::Cognito::UserPoolDomain")["UserPoolDomain"]["Properties"]["Domain"];
    assert!(domain.to_string().contains("AWS::StackId"), "{domain}");
}

#[test]
fn a_table_that_is_there_already_takes_the_place_of_the_stacks_own_everywhere() {
    let own = json!({"Ref": "CustomersTable"});
    let served = json!({"Fn::If": ["OwnTable", own, {"Ref": "ExistingTable"}]});
    let document = template().document;
    assert_eq!(
        resources("AWS::DynamoDB::Table")["CustomersTable"]["Condition"],
        "OwnTable"
    );
    assert_eq!(
        document["Globals"]["Function"]["Environment"]["Variables"]["TABLE_NAME"],
        served
    );
    // Nothing refers to the stack's own but as the one of the two.
    let text = document.to_string();
    let alone = text.replace(&served.to_string(), "");
    assert!(!alone.contains(&own.to_string()));
    let choices = text.matches(r#"{"Fn::If":["OwnTable","#).count();
    let uses = text.matches("CustomersTable").count() - 1;
    assert_eq!(choices, uses, "one use of the own table is no choice");
}

#[test]
fn nothing_records_the_keys_that_are_used_for_usernames_are_keys() {
    let table = &resources("AWS::DynamoDB::Table")["CustomersTable"].to_string();
    assert!(!table.contains("ContributorInsights"), "they show keys in clear");
}

#[test]
fn dev_has_nothing_that_costs_while_nobody_calls() {
    let document = template().document;
    let conditions = &document["Conditions"];
    assert_eq!(
        conditions["Guarded"],
        json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Environment"}, "dev"]}]})
    );
    for kind in [
        "AWS::KMS::Key",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::SNS::Topic",
        "AWS::Backup::BackupPlan",
    ] {
        for (id, resource) in resources(kind) {
            let condition = resource["Condition"].as_str().unwrap_or_default();
            let guarded = condition == "Guarded"
                || conditions[condition]["Fn::And"][0] == json!({"Condition": "Guarded"});
            assert!(guarded, "{id} would be there in dev");
        }
    }
}

#[test]
fn a_first_deployment_needs_no_parameter_and_the_stack_says_where_everything_is() {
    let document = template().document;
    let parameters = document["Parameters"].as_object().unwrap();
    for (name, parameter) in parameters {
        assert!(
            !parameter["Default"].is_null(),
            "{name}: a first deployment answers nothing unusual"
        );
    }
    let groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        .as_array()
        .unwrap();
    let asked = groups
        .iter()
        .flat_map(|group| group["Parameters"].as_array().unwrap());
    let asked: BTreeSet<_> = asked.map(|name| name.as_str().unwrap()).collect();
    assert_eq!(asked, parameters.keys().map(String::as_str).collect());
    let outputs = document["Outputs"].as_object().unwrap();
    for output in [
        "ApiUrl",
        "TableName",
        "UserPoolId",
        "ClientId",
        "TokenEndpoint",
        "DashboardUrl",
    ] {
        assert!(outputs.contains_key(output), "{output}");
    }
}

#[test]
fn samconfig_sets_only_parameters_that_the_template_has() {
    let parameters = &template().document["Parameters"];
    let config = tests::read("samconfig.toml");
    let mut environments = BTreeSet::new();
    for overrides in config
        .lines()
        .filter_map(|line| line.strip_prefix("parameter_overrides = "))
    {
        for (name, value) in overrides
            .trim_matches('"')
            .split(' ')
            .filter_map(|pair| pair.split_once('='))
        {
            assert!(!parameters[name].is_null(), "{name}");
            if name == "Environment" {
                environments.insert(value.to_owned());
            }
        }
    }
    let allowed = parameters["Environment"]["AllowedValues"].as_array().unwrap();
    let allowed = allowed
        .iter()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(environments, allowed);
}
