//! Least privilege: what the template allows each function on the table, compared with what its code does.

use std::collections::BTreeSet;

use local::server::store;
use serde_json::{Value, json};
use tests::deployed::template;
use tests::proxy::{Proxy, Seen};
use tests::runtime::binaries;
use tests::{TestApp, path_of};

/// An action, its place (the table, its index, or a transaction on the table), and the pattern of the item's key.
type Access = (String, &'static str, String);

/// What the template allows a function.
fn allowed(logical_id: &str) -> BTreeSet<Access> {
    let document = template().document;
    let policies = &document["Resources"][logical_id]["Properties"]["Policies"];
    let mut allowed = BTreeSet::new();
    for statement in policies.as_array().into_iter().flatten().flat_map(statements) {
        assert_eq!(statement["Effect"], "Allow");
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
                allowed.insert((action.replace("dynamodb:", ""), place, key));
            }
        }
    }
    allowed
}

/// The ARN of the table that the stack uses, or of a part of it.
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

/// The pattern that matches all keys of this kind.
fn pattern(key: &Value) -> String {
    let key = key["S"].as_str().unwrap();
    key.split_once('#')
        .map_or(key.to_owned(), |(kind, _)| format!("{kind}#*"))
}

/// What a request needs to be allowed. AWS does not say which keys IAM sees for one part of a transaction, so each
/// part needs its action on the keys of all parts.
fn accesses(seen: &Seen) -> Vec<Access> {
    let request = &seen.request;
    match seen.operation.as_str() {
        operation @ ("GetItem" | "UpdateItem") => {
            vec![(operation.to_owned(), "table", pattern(&request["Key"]["pk"]))]
        }
        "Query" => {
            assert_eq!(request["IndexName"], "listing");
            let values = request["ExpressionAttributeValues"].as_object().unwrap().values();
            let mut names = values.filter_map(|value| value["S"].as_str());
            let listing = names.find(|name| ["live", "deleted"].contains(name)).unwrap();
            vec![("Query".to_owned(), "index", listing.to_owned())]
        }
        "TransactWriteItems" => {
            let parts = request["TransactItems"].as_array().unwrap().iter();
            let (actions, keys): (BTreeSet<_>, BTreeSet<_>) = parts
                .map(|part| match part.as_object().unwrap().iter().next().unwrap() {
                    (kind, put) if kind == "Put" => ("PutItem".to_owned(), pattern(&put["Item"]["pk"])),
                    (kind, part) => (format!("{kind}Item"), pattern(&part["Key"]["pk"])),
                })
                .unzip();
            let all = |action: &String| {
                keys.iter().map({
                    let action = action.clone();
                    move |key| (action.clone(), "transaction", key.clone())
                })
            };
            actions.iter().flat_map(all).collect()
        }
        operation => panic!("the test does not know what {operation} needs"),
    }
}

/// Does everything that a function can do, and returns the access that it needed.
async fn used(app: &TestApp, proxy: &Proxy, function: &str) -> BTreeSet<Access> {
    let anna = app.create(&format!("anna-{function}")).await;
    let path = path_of(&anna);
    if function == "RestoreCustomer" {
        app.delete(&anna).await;
    }
    proxy.take_seen();
    match function {
        "CreateCustomer" => {
            for _ in 0..2 {
                let call = app.call("POST", "/customers").header("Idempotency-Key", "k");
                assert_eq!(call.json(json!({"username": "ben"})).send().await.status, 201);
            }
            assert_eq!(app.post(json!({"username": "BEN"})).await.status, 409);
        }
        "GetCustomer" => drop(app.get(&path).await),
        "ListCustomers" => {
            for query in ["", "?deleted=true", "?username=anna-ListCustomers"] {
                assert_eq!(app.get(&format!("/customers{query}")).await.status, 200);
            }
        }
        "UpdateCustomer" => {
            assert_eq!(app.patch(&anna, json!({"name": "Anna"})).await.status, 200);
            assert_eq!(app.patch(&anna, json!({"username": "carla"})).await.status, 200);
        }
        "DeleteCustomer" => assert_eq!(app.delete(&anna).await.status, 200),
        "RestoreCustomer" => {
            let call = app.call("POST", &format!("{path}/restore"));
            assert_eq!(call.send().await.status, 200);
        }
        function => panic!("the test does not know what {function} does"),
    }
    // Every function reads once in its init phase.
    let store = store(proxy.address, &app.server.table).unwrap();
    store.warm_up().await.unwrap();
    proxy.take_seen().iter().flat_map(accesses).collect()
}

const WITHOUT_DATABASE: [&str; 2] = ["ListPermissions", "UnknownRoute"];

/// The logical id and the binary of every other function.
fn with_database() -> Vec<(String, String)> {
    let functions = template().functions.into_iter();
    functions
        .map(|function| (function.logical_id, function.binary))
        .filter(|(id, _)| !WITHOUT_DATABASE.contains(&id.as_str()))
        .collect()
}

#[tokio::test]
async fn each_functions_role_allows_exactly_what_the_function_does() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    for (function, _) in with_database() {
        assert_eq!(
            used(&app, &proxy, &function).await,
            allowed(&function),
            "{function}"
        );
    }
}

/// The DynamoDB operations whose code a binary contains. The SDK has a header value with the name of each.
fn operations(binary: &str) -> BTreeSet<String> {
    let bytes = std::fs::read(binaries().join(binary)).unwrap();
    let target = b"DynamoDB_20120810.";
    let known = [
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    ];
    let named = bytes
        .windows(target.len())
        .enumerate()
        .filter(|(_, window)| window == target)
        .map(|(at, _)| &bytes[at + target.len()..]);
    named
        .filter_map(|rest| known.iter().find(|name| rest.starts_with(name.as_bytes())))
        .map(|name| (*name).to_owned())
        .collect()
}

#[test]
fn no_binary_contains_an_operation_that_its_role_does_not_allow() {
    for (function, binary) in with_database() {
        let allowed: BTreeSet<_> = allowed(&function)
            .into_iter()
            .map(|(action, ..)| action)
            .collect();
        let operations = operations(&binary);
        assert!(operations.contains("GetItem"), "{binary}: {operations:?}");
        for operation in operations {
            // IAM has no action for a transaction, only for its parts.
            let may = operation == "TransactWriteItems" && allowed.contains("PutItem")
                || allowed.contains(&operation);
            assert!(
                may,
                "{binary} contains {operation}, which its role does not allow"
            );
        }
    }
    for binary in ["list-permissions", "unknown-route"] {
        assert_eq!(operations(binary), BTreeSet::new(), "{binary}");
    }
}

#[test]
fn functions_without_a_database_have_no_permissions() {
    for function in WITHOUT_DATABASE {
        assert!(allowed(function).is_empty(), "{function}");
    }
}

#[test]
fn the_boundary_of_all_functions_allows_exactly_the_actions_that_some_function_needs() {
    let document = template().document;
    let globals = &document["Globals"]["Function"];
    assert_eq!(globals["PermissionsBoundary"], json!({"Ref": "FunctionBoundary"}));
    let boundary = &document["Resources"]["FunctionBoundary"]["Properties"]["PolicyDocument"];
    let actions: BTreeSet<_> = statements(boundary)
        .iter()
        .flat_map(|statement| texts(&statement["Action"]))
        .collect();
    let on_table: BTreeSet<_> = actions
        .iter()
        .filter_map(|action| action.strip_prefix("dynamodb:").map(str::to_owned))
        .collect();
    let needed = with_database()
        .into_iter()
        .flat_map(|(function, _)| allowed(&function));
    assert_eq!(on_table, needed.map(|(action, ..)| action).collect());
    for (_, resource) in document["Resources"].as_object().unwrap() {
        assert!(
            resource["Properties"]["Role"].is_null(),
            "a function must have the role that SAM creates for it alone"
        );
    }
}
