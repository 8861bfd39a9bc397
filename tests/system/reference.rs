use tests::TestApp;

async fn get(app: &TestApp, path: &str) -> (u16, String, String) {
    let answer = reqwest::get(format!("http://{}/docs/{path}", app.address))
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
async fn the_api_reference_shows_the_contract_and_asks_no_other_host() {
    let app = TestApp::start().await;
    let (status, policy, page) = get(&app, "").await;
    assert_eq!(status, 200);
    assert!(
        policy.starts_with("default-src 'self'"),
        "the browser itself refuses other hosts: {policy}"
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
