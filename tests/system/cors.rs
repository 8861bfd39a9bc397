//! CORS: calls from web pages of other origins.

use std::net::SocketAddr;

use local::server::Options;
use reqwest::Method;
use reqwest::header::HeaderMap;
use tests::process::{Serving, command};
use tests::{TestApp, in_memory};

use crate::command::FREE_PORTS;

const OURS: &str = "http://localhost:5173";
const THEIRS: &str = "https://elsewhere.example";

async fn app(origins: &[&str]) -> TestApp {
    let options = Options {
        cors: origins.iter().map(|origin| origin.parse().unwrap()).collect(),
        ..in_memory()
    };
    TestApp::start_with(options).await
}

/// The status and header fields that a page of this origin gets: first for the preflight, then for a call.
async fn page(address: &str, origin: &str) -> [(u16, HeaderMap); 2] {
    let client = tests::client();
    let url = format!("http://{address}/permissions");
    let preflight = client
        .request(Method::OPTIONS, &url)
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");
    let call = client.get(&url).header("origin", origin).bearer_auth("reader");
    let mut seen = Vec::new();
    for request in [preflight, call] {
        let answer = request.send().await.unwrap();
        seen.push((answer.status().as_u16(), answer.headers().clone()));
    }
    seen.try_into().unwrap()
}

/// The CORS header fields and `vary`, sorted.
fn cors_fields(headers: &HeaderMap) -> Vec<String> {
    let mut fields: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == "vary")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    fields.sort();
    fields
}

const PREFLIGHT: [&str; 3] = [
    "access-control-allow-headers: authorization,content-type,idempotency-key,if-match,if-none-match",
    "access-control-allow-methods: DELETE,GET,PATCH,POST,PUT",
    "access-control-max-age: 600",
];
const EXPOSED: &str =
    "access-control-expose-headers: etag,idempotent-replayed,location,retry-after,x-request-id";

#[tokio::test]
async fn a_page_whose_name_leads_to_this_machine_gets_no_answer_from_the_api_or_the_queue() {
    let app = app(&[]).await;
    let get = async |address: SocketAddr, host: &str| {
        let call = tests::client().get(format!("http://{address}/permissions"));
        let call = call.header("host", host).bearer_auth("operator");
        call.send().await.unwrap()
    };
    for host in [
        "elsewhere.example",
        "elsewhere.example:3000",
        "localhost.elsewhere.example",
        "127.0.0.1.elsewhere.example",
        "notlocalhost",
        "?",
    ] {
        for address in [app.server.address, app.server.queue] {
            let answer = get(address, host).await;
            assert_eq!(answer.status(), 421, "{host}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let problem: serde_json::Value = answer.json().await.unwrap();
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("localhost"), "{detail}");
        }
    }
    for host in [
        "LOCALHOST:3000",
        "customers.localhost",
        "127.0.0.1",
        "[::1]:3000",
        "192.168.0.1:80",
        "host.docker.internal:3000",
    ] {
        assert_eq!(get(app.server.address, host).await.status(), 200, "{host}");
        assert_ne!(get(app.server.queue, host).await.status(), 421, "{host}");
    }

    let options = Options {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..in_memory()
    };
    let open = TestApp::start_with(options).await;
    assert_eq!(get(open.server.address, "elsewhere.example").await.status(), 200);
}

#[tokio::test]
async fn no_cors_headers_are_sent_unless_an_origin_is_named() {
    let app = app(&[]).await;
    for (status, headers) in page(&app.address.to_string(), OURS).await {
        assert!([200, 204].contains(&status));
        assert_eq!(cors_fields(&headers), [] as [String; 0]);
    }
}

#[tokio::test]
async fn named_origins_get_the_cors_headers_of_the_template() {
    let app = app(&["https://console.example", OURS]).await;
    let [preflight, call] = page(&app.address.to_string(), OURS).await;
    let allowed = format!("access-control-allow-origin: {OURS}");
    let [headers, methods, age] = PREFLIGHT;
    assert_eq!(
        (preflight.0, cors_fields(&preflight.1)),
        (
            204,
            [headers, methods, &allowed, age, "vary: origin"]
                .map(str::to_owned)
                .to_vec()
        )
    );
    assert_eq!(
        (call.0, cors_fields(&call.1)),
        (
            200,
            [&allowed, EXPOSED, "vary: origin"].map(str::to_owned).to_vec()
        )
    );

    for (_, headers) in page(&app.address.to_string(), THEIRS).await {
        assert_eq!(
            cors_fields(&headers),
            ["vary: origin"],
            "caches must keep one answer for each origin"
        );
    }
}

#[tokio::test]
async fn a_star_allows_every_origin() {
    let app = app(&["*"]).await;
    let [preflight, call] = page(&app.address.to_string(), THEIRS).await;
    let allowed = "access-control-allow-origin: *";
    let [headers, methods, age] = PREFLIGHT;
    assert_eq!(cors_fields(&preflight.1), [headers, methods, allowed, age]);
    assert_eq!(cors_fields(&call.1), [allowed, EXPOSED]);
}

#[tokio::test]
async fn error_responses_carry_the_cors_headers_too() {
    let app = app(&[OURS]).await;
    let url = format!("http://{}/customers", app.address);
    let client = tests::client();
    let too_long = client.post(&url).body("x".repeat(11 * 1024 * 1024));
    for (call, status) in [(client.get(&url), 401), (too_long, 413)] {
        let answer = call.header("origin", OURS).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["access-control-allow-origin"], OURS);
    }
}

#[tokio::test]
async fn the_cors_option_takes_several_origins_and_warns_of_a_star() {
    let serving = Serving::start_with(&["--memory", "--cors", OURS, "--cors", THEIRS]);
    for origin in [OURS, THEIRS] {
        let [_, (_, headers)] = page(&serving.address, origin).await;
        assert_eq!(headers["access-control-allow-origin"], origin);
    }
    let output = serving.signal("-INT");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");

    let stderr = Serving::start_with(&["--memory", "--cors", "*"])
        .signal("-INT")
        .stderr;
    let stderr = String::from_utf8(stderr).unwrap();
    for piece in ["warning: ", "--cors", "operator"] {
        assert!(stderr.contains(piece), "{piece}: {stderr}");
    }
}

#[test]
fn an_origin_that_no_browser_sends_is_refused() {
    for wrong in [
        "localhost:5173",
        "http://localhost:5173/",
        "http://localhost:5173/app",
        "http://LOCALHOST:5173",
        "http://localhost:80",
        "https://*",
        "ftp://localhost",
        "null",
        "http://a,http://b",
        "",
    ] {
        let output = command(&["--memory", "--cors", wrong]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}: {stderr}");
        assert!(
            stderr.contains("such as http://localhost:5173"),
            "{wrong}: {stderr}"
        );
    }
}

#[test]
fn the_cors_option_needs_the_templates_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("template.yaml");
    let text = tests::read("template.yaml").replace("CorsOrigins", "Origins");
    std::fs::write(&template, text).unwrap();
    let template = template.display().to_string();
    let arguments = ["--memory", "--cors", OURS, "--template", &template];
    let output = command(&[&FREE_PORTS[..], &arguments].concat()).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: --cors cannot be used: the template has no parameter CorsOrigins\n"
    );
}
