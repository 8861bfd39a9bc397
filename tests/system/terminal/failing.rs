//! What is said when there is nothing to show.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::json;
use tests::{OPERATOR, READER, TestApp, customer_token, id};
use tokio::net::TcpListener;

use super::asking::{ask, ask_with, serve, url};

const UNKNOWN: &str = "5e4a0680-804e-11ec-8477-2fea00000001";

#[tokio::test]
async fn an_unknown_customer_is_said_to_be_unknown() {
    let app = TestApp::start().await;
    for command in ["get", "events"] {
        let run = ask(&app, &[command, "nobody\u{1b}[2J"]).await;
        run.assert_fails(&[
            "Invalid request: the request has faults",
            "/username ",
            "(request ",
        ]);
        let run = ask(&app, &[command, "nobody"]).await;
        run.assert_fails(&["No such customer: nobody, deleted or not, has the username nobody\n"]);
    }
    let run = ask(&app, &["get", UNKNOWN]).await;
    run.assert_fails(&["error: No such customer: there is no customer with this id (request "]);
}

#[tokio::test]
async fn a_call_that_is_not_permitted_says_what_it_takes() {
    let app = TestApp::start().await;
    let customer = app.create("anna").await;
    let (url, token) = (url(&app), customer_token(&customer));
    let as_customer = [("CUSTOMERS_TOKEN", token.as_str())];
    let run = ask_with(&["list", "--url", &url], &as_customer).await;
    run.assert_fails(&[
        "error: Not allowed: this takes the scope customers/read",
        "(request ",
    ]);
    let run = ask_with(&["get", UNKNOWN, "--url", &url], &as_customer).await;
    run.assert_fails(&["No such customer"]);

    let planted = [("CUSTOMERS_TOKEN", "planted-token")];
    for arguments in [&["list"][..], &["get", id(&customer)], &["events", "anna"]] {
        let run = ask_with(&[arguments, &["--url", &url]].concat(), &planted).await;
        run.assert_fails(&[
            "error: No caller: ",
            "(request ",
            "is the token in the environment",
        ]);
        assert!(!run.err.contains("planted"), "{run:?}");
    }
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for arguments in [&["list"][..], &["get", "anna"], &["events", UNKNOWN]] {
        let run = ask_with(arguments, &[("CUSTOMERS_URL", &url)]).await;
        run.assert_fails(&[&url, "does not answer: cannot connect", "refused"]);
    }
}

#[tokio::test]
async fn a_server_that_is_no_registry_is_recognised_and_its_answers_are_not_repeated() {
    for (status, body, said) in [
        (
            404,
            "<html>planted</html>",
            "answered 404 Not Found: is it a customer registry?",
        ),
        (302, "planted", "answered 302 Found"),
        (
            200,
            "<html>planted</html>",
            "has not the form of a customer registry's",
        ),
        (
            200,
            r#"{"result":"planted"}"#,
            "has not the form of a customer registry's",
        ),
        (
            200,
            r#"{"result":["planted"],"next_page_token":""}"#,
            "is no object",
        ),
        (
            403,
            r#"{"message":"Forbidden\u001b[2J"}"#,
            r"403 Forbidden: Forbidden\u",
        ),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let url = serve(Router::new().fallback(async move || (status, body))).await;
        for arguments in [&["list", "--url", &url][..], &["list", "--json", "--url", &url]] {
            let run = ask_with(arguments, &[]).await;
            assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{run:?}");
            assert!(
                run.err.contains(said) && !run.err.contains("planted"),
                "{said}: {run:?}"
            );
            assert!(!run.err.contains('\u{1b}'), "{run:?}");
        }
    }
}

#[tokio::test]
async fn a_list_that_fails_midway_has_shown_what_came_before() {
    let pages = async |uri: axum::http::Uri| match uri.query().unwrap_or_default().contains("page_token=two")
    {
        false => {
            let customer = json!({"id": "1", "username": "anna", "name": "", "tm_create": ""});
            let page = json!({"result": [customer], "next_page_token": "two"});
            (StatusCode::OK, page.to_string())
        }
        true => {
            let problem = json!({
                "title": "Temporarily unavailable", "detail": "try again", "request_id": UNKNOWN,
            });
            (StatusCode::SERVICE_UNAVAILABLE, problem.to_string())
        }
    };
    let url = serve(Router::new().fallback(pages)).await;
    let run = ask_with(&["list", "--all", "--url", &url], &[]).await;
    assert_eq!((run.code, run.out.lines().count()), (Some(1), 2), "{run:?}");
    let said = format!("error: Temporarily unavailable: try again (request {UNKNOWN})\n");
    assert_eq!(run.err, said);
}

#[tokio::test]
async fn a_customer_whose_permissions_have_no_names_is_shown_with_their_ids() {
    let customer = async |uri: axum::http::Uri| match uri.path() {
        "/permissions" => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
        _ => (
            StatusCode::OK,
            json!({"id": UNKNOWN, "permission_ids": ["a", "b"]}).to_string(),
        ),
    };
    let url = serve(Router::new().fallback(customer)).await;
    let run = ask_with(&["get", UNKNOWN, "--url", &url], &[]).await;
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.contains("permission_ids  a, b\n"), "{run:?}");
    assert!(
        run.err.starts_with("the permissions are shown without names: "),
        "{run:?}"
    );
}

#[tokio::test]
async fn a_token_is_fetched_by_client_credentials_without_a_word() {
    let app = TestApp::start().await;
    let issue =
        async |headers: HeaderMap| match headers["authorization"] == "Basic Y2xpZW50OnBsYW50ZWQtc2VjcmV0" {
            true => (StatusCode::OK, json!({"access_token": OPERATOR}).to_string()),
            false => (
                StatusCode::UNAUTHORIZED,
                json!({"error": "invalid_client"}).to_string(),
            ),
        };
    let issuer = serve(Router::new().route("/oauth2/token", post(issue))).await;
    let endpoint = format!("{issuer}/oauth2/token");
    app.create("anna").await;
    let (url, mut variables) = (url(&app), vec![("CUSTOMERS_TOKEN_ENDPOINT", endpoint.as_str())]);
    variables.extend([("CUSTOMERS_URL", url.as_str()), ("CUSTOMERS_CLIENT_ID", "client")]);
    variables.push(("CUSTOMERS_CLIENT_SECRET", "planted-secret"));
    let shown = ask_with(&["list"], &variables).await.shown();
    assert_eq!(shown.lines().count(), 2, "{shown}");
    variables.push(("CUSTOMERS_CLIENT_SECRET", "planted-other"));
    let run = ask_with(&["list"], &variables).await;
    run.assert_fails(&["no token from the token endpoint: answered 401 invalid_client"]);
    assert!(!run.err.contains("planted"), "{run:?}");
}

#[tokio::test]
async fn wrong_arguments_or_variables_exit_with_status_2_and_the_reason() {
    let token = ("CUSTOMERS_TOKEN", READER);
    for (arguments, variables, reason) in [
        (&["get"][..], vec![], "ID-OR-USERNAME"),
        (&["events"], vec![], "ID-OR-USERNAME"),
        (&["list", "--page-size", "0"], vec![], "1..=100"),
        (&["list", "--page-size", "101"], vec![], "1..=100"),
        (&["list", "--show-secrets"], vec![], "unexpected argument"),
        (
            &["list", "--url", "customers.example.com"],
            vec![token],
            "must be a URL",
        ),
        (
            &["get", "anna", "--url", "http://customers.example.com"],
            vec![token],
            "the token would be sent unencrypted",
        ),
        (
            &["get", "anna"],
            vec![token, ("CUSTOMERS_URL", "customers.example.com")],
            "CUSTOMERS_URL must be a URL",
        ),
        (
            &["events", "anna", "--url", "https://customers.example.com"],
            vec![],
            "set CUSTOMERS_TOKEN",
        ),
        (
            &["list"],
            vec![("CUSTOMERS_CLIENT_ID", "client")],
            "CUSTOMERS_TOKEN_ENDPOINT, CUSTOMERS_CLIENT_SECRET is not set",
        ),
    ] {
        let run = ask_with(arguments, &variables).await;
        assert_eq!(
            (run.code, run.out.as_str()),
            (Some(2), ""),
            "{arguments:?}: {run:?}"
        );
        assert!(run.err.contains(reason), "{arguments:?}: {run:?}");
    }
}

#[tokio::test]
async fn help_says_where_the_credentials_come_from() {
    for command in ["get", "list", "events"] {
        let help = ask_with(&[command, "--help"], &[]).await.shown();
        for piece in [
            "--url",
            "--json",
            "CUSTOMERS_URL",
            "CUSTOMERS_TOKEN ",
            "Exit status",
        ] {
            assert!(help.contains(piece), "{piece}: {help}");
        }
    }
}
