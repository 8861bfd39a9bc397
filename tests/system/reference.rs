//! The API reference that the server shows in a browser.

use tests::TestApp;

/// The status, content security policy and body of a page of the reference.
async fn get(app: &TestApp, path: &str) -> (u16, String, String) {
    let answer = tests::client()
        .get(format!("http://{}/docs/{path}", app.address))
        .send()
        .await
        .unwrap();
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    };
    (
        answer.status().as_u16(),
        header("content-security-policy"),
        answer.text().await.unwrap(),
    )
}

#[tokio::test]
async fn the_api_reference_shows_the_contract_and_loads_nothing_from_other_hosts() {
    let app = TestApp::start().await;
    let (status, policy, page) = get(&app, "").await;
    assert_eq!(status, 200);
    assert!(
        policy.starts_with("default-src 'self'"),
        "the policy makes the browser block other hosts: {policy}"
    );

    let attributes = page.split("src=\"").chain(page.split("href=\"")).skip(1);
    let assets: Vec<_> = attributes
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.contains('.'))
        .collect();
    assert!(assets.len() > 4, "{assets:?}");
    for asset in assets.iter().filter(|asset| !asset.contains('<')) {
        assert!(!asset.contains("//"), "{asset} is on another host");
        assert_eq!(get(&app, asset.trim_start_matches("./")).await.0, 200, "{asset}");
    }
    let (_, _, initializer) = get(&app, "swagger-initializer.js").await;
    assert!(initializer.contains("\"openapi.yaml\""));
    assert_eq!(get(&app, "openapi.yaml").await.2, tests::read("openapi.yaml"));
    assert_eq!(get(&app, "nothing.js").await.0, 404);
}

#[tokio::test]
async fn the_root_redirects_browsers_to_the_reference_and_answers_other_clients_as_the_api() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let root = format!("http://{}/", app.address);
    let browsers = [
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html",
        "application/json;q=0.5, TEXT/HTML; q=0.8",
    ];
    for accept in browsers {
        let answer = client.get(&root).header("accept", accept).send().await.unwrap();
        assert_eq!(answer.status(), 307, "{accept}");
        assert_eq!(answer.headers()["location"], "/docs/", "{accept}");
        let answer = client.post(&root).header("accept", accept).send().await.unwrap();
        assert_eq!(answer.status(), 401, "only a GET is redirected: {accept}");
    }
    for accept in [
        "*/*",
        "",
        "application/json",
        "application/json, text/html;q=0.9",
        "text/html;q=0",
    ] {
        let answer = app.call("GET", "/").header("accept", accept).send().await;
        assert_eq!((answer.status, answer.code()), (404, "unknown_route"), "{accept}");
    }
    let answer = client.get(format!("{root}docs")).send().await.unwrap();
    assert_eq!(
        answer.status(),
        307,
        "the browser would cache a permanent redirect"
    );
}

#[tokio::test]
async fn the_api_reference_has_a_title_and_a_viewport_for_phones() {
    let app = TestApp::start().await;
    for path in ["", "index.html"] {
        let (_, policy, page) = get(&app, path).await;
        for piece in [
            "<title>Customer registry API</title>",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            "href=\"style.css\"",
        ] {
            assert!(page.contains(piece), "{piece}: {page}");
        }
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(
            !policy.contains("script-src"),
            "scripts may only come from this host: {policy}"
        );
    }
}
