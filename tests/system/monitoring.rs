//! Alarms, the dashboard, and what rolls a deployment back.

use serde_json::{Value, json};
use tests::deployed::{functions, references, resources};

#[test]
fn each_functions_deployment_watches_only_the_failures_of_its_own_new_version() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    for (id, function) in resources("AWS::Serverless::Function") {
        let alarm = format!("{id}CanaryAlarm");
        let preference = &function["Properties"]["DeploymentPreference"];
        assert_eq!(
            preference["Alarms"]["Fn::If"],
            json!(["Canary", [{"Ref": alarm}], [{"Ref": "AWS::NoValue"}]]),
            "{id}"
        );
        let alarm = &alarms[&alarm]["Properties"];
        let version = json!({"Fn::GetAtt": [id, "Version.Version"]});
        let metric = |place: usize| &alarm["Metrics"][place]["MetricStat"]["Metric"];
        for (place, name) in [(1, "Invocations"), (2, "Errors")] {
            let metric = metric(place);
            assert_eq!(
                (&metric["Namespace"], &metric["MetricName"]),
                (&json!("AWS/Lambda"), &json!(name))
            );
            let live = json!({"Fn::Sub": format!("${{{id}}}:live")});
            assert_eq!(
                metric["Dimensions"],
                json!([
                    {"Name": "FunctionName", "Value": {"Ref": id}},
                    {"Name": "Resource", "Value": live},
                    {"Name": "ExecutedVersion", "Value": version},
                ])
            );
        }
        assert_eq!(
            *metric(3),
            json!({
                "Namespace": {"Ref": "AWS::StackName"},
                "MetricName": "server_errors",
                "Dimensions": [
                    {"Name": "function", "Value": {"Ref": id}},
                    {"Name": "version", "Value": version},
                ],
            })
        );
        let name = alarm["AlarmName"]["Fn::Sub"].as_str().unwrap();
        assert!(
            name.contains(&format!("${{{id}.Version.Version}}")),
            "a new version needs a new alarm, as the old one may still be in state ALARM: {name}"
        );
    }
}

#[test]
fn every_alarm_notifies_the_topic_and_is_documented() {
    let operations = tests::read("docs/operations.md");
    let alarms = resources("AWS::CloudWatch::Alarm");
    assert!(alarms.len() >= 8);
    for (id, alarm) in alarms {
        let properties = &alarm["Properties"];
        assert_eq!(properties["AlarmActions"], json!([{"Ref": "AlarmTopic"}]), "{id}");
        let missing = match id.as_str() {
            "BackupsMissingAlarm" => "breaching",
            _ => "notBreaching",
        };
        assert_eq!(
            properties["TreatMissingData"], missing,
            "{id} must not go off when there are no calls"
        );
        // A canary alarm is new with each version, and would say so by mail.
        let (explained, when_over) = match id.ends_with("CanaryAlarm") {
            true => ("…CanaryAlarm", Value::Null),
            false => (id.as_str(), json!([{"Ref": "AlarmTopic"}])),
        };
        assert_eq!(properties["OKActions"], when_over, "{id}");
        assert!(
            operations.contains(&format!("`{explained}`")),
            "docs/operations.md does not say what to do about {id}"
        );
    }
}

#[test]
fn alarms_on_functions_watch_every_function() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    // CloudWatch takes ten metrics in an alarm, so each of the three has a second one.
    for kind in ["Errors", "Timeouts", "Throttles"] {
        let watched = ["FunctionX", "WebhookFunctionX"].map(|id| {
            let id = id.replace('X', &format!("{kind}Alarm"));
            let metrics = &alarms[&id]["Properties"]["Metrics"];
            assert!(metrics.as_array().unwrap().len() <= 1 + 10, "{id}");
            references(metrics)
        });
        let [first, second] = &watched;
        assert_eq!(first | second, functions(), "{kind}");
    }
}

#[test]
fn the_dashboard_is_valid_json_and_shows_every_function_metric_and_alarm() {
    let dashboard = &resources("AWS::CloudWatch::Dashboard")["Dashboard"]["Properties"]["DashboardBody"];
    let body = dashboard["Fn::Sub"][0].as_str().unwrap();
    let document: Value = serde_json::from_str(body).unwrap();
    assert!(document["widgets"].as_array().unwrap().len() > 8);
    let metrics = [
        "cold_start",
        "customers_created",
        "customers_deleted",
        "customers_restored",
        "customers_erased",
        "customers_damaged",
        "events_published",
        "events_unreadable",
        "webhooks_delivered",
        "webhooks_failed",
        "webhooks_skipped",
        "webhooks_disabled",
        "webhooks_not_attempted",
        "calls_refused",
        "calls_throttled",
    ];
    let references = functions().into_iter().map(|id| format!("\"${{{id}}}\""));
    for piece in references.chain(metrics.map(|metric| format!("\"${{AWS::StackName}}\", \"{metric}\""))) {
        assert!(body.contains(&piece), "{piece}");
    }
    let with_variables = dashboard.to_string();
    for alarm in resources("AWS::CloudWatch::Alarm").into_keys() {
        assert!(with_variables.contains(&format!("${{{alarm}.Arn}}")), "{alarm}");
    }
    let backups = dashboard["Fn::Sub"][1]["BackupAlarms"]["Fn::If"][1]["Fn::Sub"].as_str();
    let with_backups = body.replace("${BackupAlarms}", backups.unwrap());
    let document: Value = serde_json::from_str(&with_backups).unwrap();
    let shown = document["widgets"][0]["properties"]["alarms"].as_array().unwrap();
    assert_eq!(shown.len(), resources("AWS::CloudWatch::Alarm").len());
}

/// The metrics that an alarm watches, as namespace and name.
fn watched(alarm: &Value) -> Vec<(String, String)> {
    let properties = &alarm["Properties"];
    let metrics = properties["Metrics"].as_array().into_iter().flatten();
    let metrics = metrics
        .map(|metric| &metric["MetricStat"]["Metric"])
        .chain([properties]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    metrics
        .map(|metric| (text(&metric["Namespace"]), text(&metric["MetricName"])))
        .filter(|(_, name)| !name.is_empty())
        .collect()
}

#[test]
fn an_alarm_on_a_metric_of_dynamodb_ends_when_there_is_no_new_data() {
    let mut checked = 0;
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        if watched(&alarm)
            .iter()
            .all(|(namespace, _)| namespace != "AWS/DynamoDB")
        {
            continue;
        }
        checked += 1;
        let properties = &alarm["Properties"];
        let metrics = properties["Metrics"].as_array();
        let metrics = metrics.unwrap_or_else(|| panic!("{id} keeps its state while there is no data"));
        let fills = |metric: &Value| metric["Expression"].to_string().contains("FILL(");
        assert!(
            metrics.iter().any(fills),
            "{id} keeps its state while there is no data"
        );
        // The latest data point may be a filled one that its late value replaces.
        let of = |name: &str| properties[name].as_u64().unwrap_or_default();
        assert!(of("DatapointsToAlarm") < of("EvaluationPeriods"), "{id}");
    }
    assert_eq!(checked, 4);
}

#[test]
fn the_latency_alarm_is_evaluated_at_low_traffic_too() {
    let alarm = &resources("AWS::CloudWatch::Alarm")["LatencyAlarm"]["Properties"];
    assert_eq!(alarm["ExtendedStatistic"], "p99");
    assert_eq!(alarm["EvaluateLowSampleCountPercentile"], "evaluate");
}

#[test]
fn writes_without_a_call_of_the_streams_function_raise_an_alarm() {
    let alarm = &resources("AWS::CloudWatch::Alarm")["StreamNotReadAlarm"];
    let metric = |namespace: &str, name: &str| (namespace.to_owned(), name.to_owned());
    let expected = [
        metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits"),
        metric("AWS/Lambda", "Invocations"),
    ];
    assert_eq!(watched(alarm), expected);
    let metrics = alarm["Properties"]["Metrics"].to_string();
    assert!(metrics.contains("GlobalSecondaryIndexName") && metrics.contains("PublishEvents"));
    let of = |name: &str| alarm["Properties"][name].as_u64().unwrap();
    assert!(
        of("EvaluationPeriods") * 15 <= 12 * 60,
        "the stream keeps a change for a day"
    );
}

#[test]
fn backups_that_fail_or_stop_raise_an_alarm() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let selection = &resources("AWS::Backup::BackupSelection")["BackupSelection"]["Properties"];
    let tables = selection["BackupSelection"]["Resources"]
        .as_array()
        .unwrap()
        .len();
    for (id, name) in [
        ("BackupFailuresAlarm", "NumberOfBackupJobsFailed"),
        ("BackupsMissingAlarm", "NumberOfBackupJobsCompleted"),
    ] {
        assert_eq!(watched(&alarms[id]), [("AWS/Backup".to_owned(), name.to_owned())]);
        assert_eq!(alarms[id]["Condition"], "BackedUp");
    }
    let missing = &alarms["BackupsMissingAlarm"]["Properties"];
    assert_eq!(missing["ComparisonOperator"], "LessThanThreshold");
    assert_eq!(missing["Threshold"], tables);
    let warm_up = missing["WarmUpConfiguration"]["WarmUpPeriodDurationInMinutes"].as_u64();
    let of = |name: &str| missing[name].as_u64().unwrap();
    assert_eq!(
        warm_up,
        Some(of("EvaluationPeriods") * 24 * 60),
        "a new stack has no backups yet"
    );
}

#[test]
fn throttled_reads_and_surges_of_refused_calls_raise_alarms() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    let throttles = alarms["TableThrottlesAlarm"]["Properties"]["Metrics"].to_string();
    assert_eq!(throttles.matches("ReadThrottleEvents").count(), 3);
    assert_eq!(throttles.matches("OwnEventsTable").count(), 2);
    assert_eq!(throttles.matches("GlobalSecondaryIndexName").count(), 1);
    let mut counted = Vec::new();
    for (id, filter) in resources("AWS::Logs::MetricFilter") {
        let properties = &filter["Properties"];
        assert_eq!(properties["LogGroupName"], json!({"Ref": "AccessLog"}));
        let metric = &properties["MetricTransformations"][0];
        assert!(metric["Dimensions"].is_null(), "{id} could name a customer");
        let alarm = &alarms[&format!("{id}Alarm")]["Properties"];
        assert_eq!(alarm["MetricName"], metric["MetricName"]);
        assert_eq!(alarm["Namespace"], metric["MetricNamespace"]);
        // The access log has the status as text.
        let pattern = properties["FilterPattern"].as_str().unwrap();
        counted.extend(
            pattern
                .split("$.status = \"")
                .skip(1)
                .map(|rest| rest[..3].to_owned()),
        );
    }
    counted.sort();
    assert_eq!(counted, ["401", "403", "429"]);
}
