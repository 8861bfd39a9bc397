use super::*;

fn request(event: serde_json::Value) -> Request {
    serde_json::from_str::<Event>(&event.to_string())
        .unwrap()
        .into_request()
}

#[test]
fn a_real_event_becomes_a_request() {
    let request = request(serde_json::json!({
        "version": "2.0",
        "routeKey": "PUT /customers/{id}",
        "rawPath": "/prod/customers/7",
        "rawQueryString": "a=1&b=x%20y&a=2",
        "headers": {"content-type": "application/json", "host": "api.example.com"},
        "pathParameters": {"id": "7"},
        "requestContext": {"http": {"method": "PUT"}, "stage": "prod", "requestId": "r"},
        "body": "eyJhIjoxfQ==",
        "isBase64Encoded": true
    }));
    assert_eq!(request.method(), Method::PUT);
    assert_eq!(request.raw_http_path(), "/prod/customers/7");
    assert_eq!(request.uri().path(), "/customers/7");
    assert_eq!(request.path_parameters().first("id"), Some("7"));
    assert_eq!(request.query_string_parameters().all("a").unwrap(), ["1", "2"]);
    assert_eq!(request.query_string_parameters().first("b"), Some("x y"));
    assert_eq!(request.headers()["content-type"], "application/json");
    assert_eq!(request.body().as_ref(), br#"{"a":1}"#);
}

#[test]
fn a_null_counts_as_an_absent_member() {
    let request = request(serde_json::json!({
        "rawPath": "/customers",
        "rawQueryString": null,
        "headers": null,
        "pathParameters": null,
        "requestContext": {"http": {"method": "GET"}, "stage": null, "requestId": null, "authorizer": null},
        "body": null,
        "isBase64Encoded": null
    }));
    assert_eq!(
        (request.method(), request.uri().path()),
        (&Method::GET, "/customers")
    );
}

#[test]
fn only_a_verified_jwt_has_claims() {
    let claims = |authorizer| {
        let event = serde_json::json!({"requestContext": {"authorizer": authorizer}});
        let event: Event = serde_json::from_value(event).unwrap();
        event.claims().cloned()
    };
    assert!(claims(serde_json::json!({"jwt": {"claims": {"sub": "s"}}})).is_some());
    for authorizer in [
        serde_json::json!(null),
        serde_json::json!({}),
        serde_json::json!({"jwt": null}),
        serde_json::json!({"iam": {"userArn": "arn:aws:sts::123456789012:assumed-role/ops/me"}}),
    ] {
        assert_eq!(claims(authorizer.clone()), None, "{authorizer}");
    }
}

#[test]
fn only_the_name_of_the_stage_is_removed_from_a_path() {
    for (stage, path, expected) in [
        ("$default", "/customers", "/customers"),
        ("", "/customers", "/customers"),
        ("prod", "/prod/customers", "/customers"),
        ("prod", "/customers", "/customers"),
        ("prod", "/production/customers", "/production/customers"),
        ("customers", "/customers/customers/7", "/customers/7"),
    ] {
        let event = serde_json::json!({"rawPath": path, "requestContext": {"stage": stage}});
        assert_eq!(request(event).uri().path(), expected, "{stage} {path}");
    }
}

#[test]
fn the_error_of_an_unreadable_event_quotes_no_value() {
    for (event, reason) in [
        (
            r#"{"headers": "made-up \" secret"}"#,
            "invalid type: string …, expected an object at line 1 column 31",
        ),
        (
            r#"{"rawPath": 5}"#,
            "invalid type: integer …, expected a string at line 1 column 13",
        ),
        ("{", "EOF while parsing an object at line 1 column 1"),
    ] {
        let error = serde_json::from_str::<Event>(event).err().unwrap();
        assert_eq!(without_values(&error), reason, "{event}");
    }
}

#[test]
fn hostile_and_foreign_events_do_not_panic() {
    for event in [
        serde_json::json!({}),
        serde_json::json!({"Records": [{"eventSource": "aws:sqs"}]}),
        serde_json::json!({"body": "not base64!", "isBase64Encoded": true}),
        serde_json::json!({"rawPath": "/a b\u{0}ü%zz", "rawQueryString": "%zz&=&&a"}),
        serde_json::json!({"headers": {"host": "[::", "bad name": "x", "x": "a\nb"}}),
        serde_json::json!({"requestContext": {"http": {"method": "a b"}}}),
        serde_json::json!({"pathParameters": null, "body": null}),
    ] {
        request(event);
    }
}
