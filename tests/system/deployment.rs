//! What every deployed function, the API, and the stack itself are configured with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tests::deployed::{references, resources, template};

#[test]
fn the_function_timeout_fits_between_the_stores_limit_and_api_gateways() {
    let globals = &template().document["Globals"]["Function"];
    let timeout = globals["Timeout"].as_f64().unwrap();
    assert!(
        timeout > 8.0 + 8.0,
        "a read and a transaction may take so long, as in an erasure"
    );
    assert!(timeout > 10.35, "a write of a customer may take so long");
    assert!(timeout < 30.0, "API Gateway waits 30 seconds at most");
}

#[test]
fn the_queue_gives_up_a_delivery_after_the_last_attempt_of_the_schedule() {
    let resources = &template().document["Resources"];
    let queue = &resources["Deliveries"]["Properties"];
    let attempts = u64::try_from(deliver_webhook::Schedule::STANDARD.attempts()).unwrap();
    assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64(), Some(attempts));
    let timeout = resources["DeliverWebhook"]["Properties"]["Timeout"]
        .as_u64()
        .unwrap();
    assert_eq!(
        queue["VisibilityTimeout"].as_u64(),
        Some(6 * timeout),
        "as Lambda recommends"
    );
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn the_c_library_understands_its_tunables() {
    let variables = &template().document["Globals"]["Function"]["Environment"]["Variables"];
    let setting = variables["GLIBC_TUNABLES"].as_str().unwrap();
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
    // It ignores a setting that it does not understand, but since version 2.33 its loader lists what it took.
    let list = loaders.iter().find_map(|loader| {
        let mut list = std::process::Command::new(loader);
        let list = list
            .arg("--list-tunables")
            .env("GLIBC_TUNABLES", setting)
            .output();
        list.ok().filter(|list| list.status.success())
    });
    let Some(list) = list else {
        return eprintln!("left out: there is no loader that lists its tunables");
    };
    let list = String::from_utf8(list.stdout).unwrap();
    let (name, value) = setting.split_once('=').unwrap();
    let value: u32 = value.parse().unwrap();
    assert!(list.contains(&format!("{name}: {value:#x} ")), "{list}");
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
fn every_function_has_its_own_encrypted_log_group_with_a_retention_period() {
    let groups = resources("AWS::Logs::LogGroup");
    let mut used = BTreeSet::new();
    for (id, function) in resources("AWS::Serverless::Function") {
        let group = &function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"];
        assert!(
            used.insert(group.as_str().unwrap().to_owned()),
            "{id} shares its log group"
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
    assert_eq!(
        groups.len(),
        used.len() + 1,
        "one log group for each function, and one for the API"
    );
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
fn the_api_is_throttled_and_has_no_cors_unless_an_origin_is_given() {
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
fn tokens_of_more_clients_of_the_own_user_pool_are_accepted() {
    let api = &resources("AWS::Serverless::HttpApi")["Api"]["Properties"];
    let audience = &api["Auth"]["Authorizers"]["Jwt"]["JwtConfiguration"]["audience"]["Fn::If"];
    let own = json!({"Ref": "UserPoolClient"});
    let all = json!({"Fn::Split": [",", {"Fn::Sub": "${UserPoolClient},${MoreClients}"}]});
    assert_eq!(audience[0], "OwnUserPool");
    assert_eq!(audience[1], json!({"Fn::If": ["OtherClients", all, [own]]}));
    for page in ["docs/operations.md", "docs/security.md"] {
        assert!(tests::read(page).contains("`MoreClients`"), "{page}");
    }
}

#[test]
fn a_domain_does_not_take_the_default_endpoint_away_in_the_same_deployment() {
    let document = template().document;
    let api = &document["Resources"]["Api"]["Properties"];
    assert_eq!(api["DisableExecuteApiEndpoint"]["Fn::If"][0], "NoDefaultEndpoint");
    assert_eq!(
        document["Conditions"]["NoDefaultEndpoint"],
        json!({"Fn::Equals": [{"Ref": "DefaultEndpoint"}, "false"]})
    );
    assert_eq!(document["Parameters"]["DefaultEndpoint"]["Default"], "true");
    assert_eq!(
        document["Outputs"]["ApiUrl"]["Value"]["Fn::If"][0],
        "DomainServes"
    );
    assert!(tests::read("docs/operations.md").contains("`DefaultEndpoint=false`"));
}

#[test]
fn two_regions_of_an_account_can_hold_a_stack_of_the_same_name() {
    // IAM resources and dashboards have one name for all regions. CloudFormation generates a name where none is given.
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
fn dev_has_no_key_alarms_dashboard_topic_or_backups() {
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
            assert!(guarded, "{id} would exist in dev");
        }
    }
}

#[test]
fn a_first_deployment_needs_no_parameters_and_its_outputs_say_where_everything_is() {
    let document = template().document;
    let parameters = document["Parameters"].as_object().unwrap();
    for (name, parameter) in parameters {
        assert!(!parameter["Default"].is_null(), "{name} has no default");
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
        "EventsTableName",
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
