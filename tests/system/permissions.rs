//! Least privilege: what the template allows each function, compared with what its code does.

mod used;

use std::collections::BTreeSet;

use local::template::EVENTS_TABLE;
use serde_json::{Value, json};
use tests::deployed::template;
use tests::runtime::binaries;

use self::used::System;

/// An action, its place (the customers' table, its index, a transaction on it, or the logical id of another resource), and
/// the pattern of the item's key.
type Access = (String, String, String);

/// What the template allows a function.
fn allowed(logical_id: &str) -> BTreeSet<Access> {
    let document = template().document;
    let policies = &document["Resources"][logical_id]["Properties"]["Policies"];
    let mut allowed = BTreeSet::new();
    for statement in policies.as_array().into_iter().flatten().flat_map(statements) {
        assert_eq!(statement["Effect"], "Allow");
        if let Some(resource) = statement["Resource"]["Fn::GetAtt"][0].as_str() {
            let actions = texts(&statement["Action"]).into_iter();
            allowed.extend(actions.map(|action| (action, resource.to_owned(), String::new())));
            continue;
        }
        if statement["Resource"] == events_arn() {
            let actions = texts(&statement["Action"]).into_iter();
            allowed.extend(actions.map(|action| {
                let action = action.replace("dynamodb:", "");
                (action, EVENTS_TABLE.to_owned(), String::new())
            }));
            continue;
        }
        let condition = &statement["Condition"];
        let place = match &condition["ForAnyValue:StringEquals"] {
            Value::Null if statement["Resource"] == table_arn("/index/listing") => "index",
            Value::Null => "table",
            enclosing => {
                assert_eq!(
                    *enclosing,
                    json!({"dynamodb:EnclosingOperation": ["TransactWriteItems"]})
                );
                "transaction"
            }
        };
        assert!(place == "index" || statement["Resource"] == table_arn(""));
        let keys = &condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        for action in texts(&statement["Action"]) {
            for key in texts(keys) {
                allowed.insert((action.replace("dynamodb:", ""), place.to_owned(), key));
            }
        }
    }
    allowed
}

/// The ARN of the table that the stack uses for the history.
fn events_arn() -> Value {
    let account = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}";
    let existing = format!("{account}:table/${{ExistingEventsTable}}");
    json!({"Fn::If": ["OwnEventsTable", {"Fn::GetAtt": [EVENTS_TABLE, "Arn"]}, {"Fn::Sub": existing}]})
}

/// The ARN of the table that the stack uses for customers, or of a part of it.
fn table_arn(part: &str) -> Value {
    let own = match part {
        "" => json!({"Fn::GetAtt": ["CustomersTable", "Arn"]}),
        part => json!({"Fn::Sub": format!("${{CustomersTable.Arn}}{part}")}),
    };
    let account = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}";
    let existing = format!("{account}:table/${{ExistingTable}}{part}");
    json!({"Fn::If": ["OwnTable", own, {"Fn::Sub": existing}]})
}

fn statements(policy: &Value) -> Vec<Value> {
    policy["Statement"].as_array().unwrap().clone()
}

fn texts(values: &Value) -> Vec<String> {
    let values = values.as_array().unwrap().iter();
    values.map(|value| value.as_str().unwrap().to_owned()).collect()
}

const WITHOUT_PERMISSIONS: [&str; 2] = ["ListPermissions", "UnknownRoute"];

/// The logical id and the binary of every other function.
fn with_permissions() -> Vec<(String, String)> {
    let functions = template().functions.into_iter();
    functions
        .map(|function| (function.logical_id, function.binary))
        .filter(|(id, _)| !WITHOUT_PERMISSIONS.contains(&id.as_str()))
        .collect()
}

#[tokio::test]
async fn each_functions_role_allows_exactly_what_the_function_does() {
    let system = System::start().await;
    for (function, binary) in with_permissions() {
        assert_eq!(
            system.used(&function, &binary).await,
            allowed(&function),
            "{function}"
        );
    }
}

/// The operations of a service whose code a binary contains. The SDK has a header value with the name of each.
fn operations(binary: &str, target: &str) -> BTreeSet<String> {
    let bytes = std::fs::read(binaries().join(binary)).unwrap();
    let known = [
        "BatchGetItem",
        "BatchWriteItem",
        "ChangeMessageVisibility",
        "DeleteItem",
        "ExecuteStatement",
        "GetItem",
        "PutEvents",
        "PutItem",
        "Query",
        "Scan",
        "SendMessageBatch",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    ];
    // The text before the first header value is skipped.
    String::from_utf8_lossy(&bytes)
        .split(target)
        .skip(1)
        .filter_map(|rest| known.iter().find(|name| rest.starts_with(**name)))
        .map(|name| (*name).to_owned())
        .collect()
}

/// What the SDK calls each service in a request's header, and the actions in IAM of its operations.
const SERVICES: [(&str, &str); 3] = [
    ("DynamoDB_20120810.", ""),
    ("AmazonSQS.", "sqs:"),
    ("AWSEvents.", "events:"),
];

#[test]
fn no_binary_contains_an_operation_that_its_role_does_not_allow() {
    for (function, binary) in with_permissions() {
        let allowed: BTreeSet<_> = allowed(&function)
            .into_iter()
            .map(|(action, ..)| action)
            .collect();
        let mut found = 0;
        for (target, prefix) in SERVICES {
            for operation in operations(&binary, target) {
                found += 1;
                // IAM has no action for a transaction or for a batch of messages, only for its parts.
                let action = match &*operation {
                    "TransactWriteItems" => "PutItem",
                    "SendMessageBatch" => "SendMessage*",
                    operation => operation,
                };
                assert!(
                    allowed.contains(&format!("{prefix}{action}")),
                    "{binary} contains {operation}, which its role does not allow"
                );
            }
        }
        assert!(found > 0, "{binary} contains no operation that this test finds");
    }
    for binary in ["list-permissions", "unknown-route"] {
        for (target, _) in SERVICES {
            assert_eq!(operations(binary, target), BTreeSet::new(), "{binary}");
        }
    }
}

#[test]
fn functions_that_call_no_service_have_no_permissions() {
    for function in WITHOUT_PERMISSIONS {
        assert!(allowed(function).is_empty(), "{function}");
    }
}

#[test]
fn the_boundary_of_all_functions_allows_exactly_the_actions_that_some_function_needs() {
    let document = template().document;
    let globals = &document["Globals"]["Function"];
    assert_eq!(
        globals["PermissionsBoundary"],
        json!({"Fn::If": ["OwnBoundary", {"Ref": "FunctionBoundary"}, {"Ref": "PermissionsBoundary"}]})
    );
    let boundary = &document["Resources"]["FunctionBoundary"]["Properties"]["PolicyDocument"];
    let actions: BTreeSet<_> = statements(boundary)
        .iter()
        .flat_map(|statement| texts(&statement["Action"]))
        .collect();
    let needed = with_permissions()
        .into_iter()
        .flat_map(|(function, _)| allowed(&function));
    let needed = needed.map(|(action, ..)| match action.contains(':') {
        true => action,
        false => format!("dynamodb:{action}"),
    });
    // What Lambda does with the role of a function to read its stream or its queue, and what SAM adds to every role.
    let of_lambda = [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    ];
    let other = ["kms:", "logs:", "xray:"];
    let actions = actions
        .into_iter()
        .filter(|action| !other.iter().any(|service| action.starts_with(service)));
    assert_eq!(
        actions.collect::<BTreeSet<_>>(),
        needed.chain(of_lambda.map(str::to_owned)).collect()
    );
    for (_, resource) in document["Resources"].as_object().unwrap() {
        assert!(
            resource["Properties"]["Role"].is_null(),
            "a function must have the role that SAM creates for it alone"
        );
    }
}
