//! The metrics in the functions' log lines, and how to find a line.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::TestApp;
use tests::deployed::resources;

use crate::binaries::{ID, event, start};

/// The lines that a function logs when it is called with these events.
async fn lines(app: &TestApp, binary: &str, events: &[&str], variables: &[(&str, &str)]) -> Vec<Value> {
    let function = start(app, binary, variables).await;
    for name in events {
        function.invoke(event(name)).await;
    }
    let output = function.end().await;
    output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const METRICS: (&str, &str) = ("METRIC_NAMESPACE", "customers-test");

#[tokio::test]
async fn the_first_call_counts_as_a_cold_start() {
    let app = TestApp::start().await;
    let lines = lines(&app, "list-permissions", &["list-permissions"; 3], &[METRICS]).await;
    let [first, second, third] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(first["cold_start"], 1);
    let embedded = &first["_aws"];
    assert!(
        embedded["Timestamp"].as_u64().unwrap() > 1_700_000_000_000,
        "the timestamp is in milliseconds"
    );
    assert_eq!(
        embedded["CloudWatchMetrics"],
        json!([{
            "Namespace": "customers-test",
            "Dimensions": [[]],
            "Metrics": [{"Name": "cold_start", "Unit": "Count"}],
        }])
    );
    for line in [second, third] {
        assert_eq!((&line["cold_start"], &line["_aws"]), (&Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn each_creation_deletion_and_restore_is_counted_once() {
    let app = TestApp::start().await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    // The second event of each kind changes nothing: the key was used before, or the customer already is as asked.
    for (binary, metric) in [
        ("create-customer", "customers_created"),
        ("delete-customer", "customers_deleted"),
        ("restore-customer", "customers_restored"),
    ] {
        let mut lines = lines(&app, binary, &[binary; 2], &[METRICS]).await;
        let (second, first) = (lines.pop().unwrap(), lines.pop().unwrap());
        assert_eq!(first[metric], 1, "{first}");
        let metrics = &first["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        let named = metrics
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["Name"] == metric);
        assert!(named, "{first}");
        assert_eq!(
            (&second[metric], &second["_aws"]),
            (&Value::Null, &Value::Null),
            "{second}"
        );
    }
}

#[tokio::test]
async fn a_damaged_customer_is_logged_with_its_key_and_attribute_and_counted() {
    let app = TestApp::start().await;
    app.seed(ID, "ben@example.com", "2022-02-01 00:00:00.000000")
        .await;
    let damage = json!({
        "Key": {"pk": {"S": format!("customer#{ID}")}},
        "UpdateExpression": "SET line_token = :number",
        "ExpressionAttributeValues": {":number": {"N": "987654321"}},
    });
    app.dynamodb("UpdateItem", damage).await;
    for (binary, status) in [("get-customer", 500), ("list-customers", 200)] {
        let lines = lines(&app, binary, &[binary], &[METRICS]).await;
        let [damage, call] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!(damage["level"], "ERROR");
        assert_eq!(damage["message"], "a stored customer is damaged");
        assert_eq!(damage["key"], format!("customer#{ID}"));
        assert_eq!(damage["attribute"], "line_token");
        assert_eq!(
            (&call["status"], &call["customers_damaged"]),
            (&json!(status), &json!(1))
        );
        assert!(call["_aws"].to_string().contains("customers_damaged"), "{call}");
        assert!(
            !format!("{lines:?}").contains("987654321"),
            "the value is not logged"
        );
    }
}

#[tokio::test]
async fn only_a_server_error_is_counted_for_the_function_version_that_answered() {
    let app = TestApp::start().await;
    let created = lines(&app, "create-customer", &["create-customer"], &[METRICS]).await;
    let text = format!("{created:?}");
    for absent in ["server_errors", "function", "version"] {
        assert!(!text.contains(absent), "{text}");
    }
    // This table does not exist.
    let failed = [
        METRICS,
        ("TABLE_NAME", "nowhere"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
    ];
    let failed = lines(&app, "get-customer", &["get-customer"; 2], &failed).await;
    let failed: Vec<_> = failed.iter().filter(|line| line["status"].is_u64()).collect();
    let [_, second] = failed[..] else {
        panic!("{failed:?}")
    };
    assert!(second["status"].as_u64().unwrap() >= 500, "{second}");
    assert_eq!(
        (&second["server_errors"], &second["function"], &second["version"]),
        (&json!(1), &json!("get-customer"), &json!("7"))
    );
    assert_eq!(
        second["_aws"]["CloudWatchMetrics"],
        json!([{
            "Namespace": "customers-test",
            "Dimensions": [["function", "version"]],
            "Metrics": [{"Name": "server_errors", "Unit": "Count"}],
        }])
    );
}

#[tokio::test]
async fn metrics_are_logged_at_level_error_too_but_not_without_a_namespace() {
    let app = TestApp::start().await;
    let quiet = [METRICS, ("AWS_LAMBDA_LOG_LEVEL", "ERROR")];
    let quiet = lines(&app, "list-permissions", &["list-permissions"; 2], &quiet).await;
    assert_eq!(quiet.len(), 1, "only the line with a metric: {quiet:?}");
    let plain = lines(&app, "list-permissions", &["list-permissions"], &[]).await;
    assert_eq!((plain.len(), &plain[0]["_aws"]), (1, &Value::Null));
}

#[tokio::test]
async fn the_documented_query_finds_a_call_in_the_access_log_and_in_the_functions_log() {
    let settings = &resources("AWS::Serverless::HttpApi")["Api"]["Properties"]["AccessLogSettings"];
    let access: Value = serde_json::from_str(settings["Format"].as_str().unwrap()).unwrap();
    let app = TestApp::start().await;
    let failed = lines(
        &app,
        "get-customer",
        &["get-customer"],
        &[("TABLE_NAME", "nowhere")],
    )
    .await;
    let failed = failed.iter().find(|line| line["status"].is_u64()).unwrap();

    let operations = tests::read("docs/operations.md");
    let (_, query) = operations.split_once("```\nfields ").unwrap();
    let (fields, filter) = query.split_once("\n| filter ").unwrap();
    let key = filter.split(' ').next().unwrap();
    for log in [&access, failed] {
        assert!(log[key].is_string(), "{log} has no {key}");
    }
    let names = |log: &Value| log.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let logged = &names(&access) | &names(failed);
    for field in fields.split(", ").filter(|field| !field.starts_with('@')) {
        assert!(logged.contains(field), "{field} is in neither log");
    }
}
