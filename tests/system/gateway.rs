//! Where the local gateway must behave like API Gateway.

use local::server::Options;
use tests::proxy::Fault;
use tests::{TestApp, in_memory, path_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Options for a server that uses the template as changed by `change`.
fn with_template(folder: &tempfile::TempDir, change: impl FnOnce(String) -> String) -> Options {
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, change(tests::read("template.yaml"))).unwrap();
    Options {
        template: path,
        ..in_memory()
    }
}

#[tokio::test]
async fn a_function_has_the_timeout_of_the_template() {
    let folder = tempfile::tempdir().unwrap();
    let options = with_template(&folder, |template| {
        let changed = template.replace("    Timeout: 20\n", "    Timeout: 1\n");
        assert_ne!(changed, template);
        changed
    });
    let (app, proxy) = TestApp::start_behind_proxy_with(options).await;
    let customer = app.create("anna").await;
    proxy.inject([Fault::Swallow; 10]);
    let answer = app.get(&path_of(&customer)).await;
    assert_eq!((answer.status, answer.code()), (503, "out_of_time"));
}

#[tokio::test]
async fn a_body_that_is_not_framed_as_http_says_is_a_bad_request() {
    let app = TestApp::start().await;
    let mut stream = TcpStream::connect(app.server.address).await.unwrap();
    let request = "POST /customers HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 400");
}

#[tokio::test]
async fn a_percent_encoded_id_is_decoded_once() {
    let app = TestApp::start().await;
    let customer = app.create("anna").await;
    let id = customer["id"].as_str().unwrap();
    let all: String = id.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for encoded in [format!("%{:02X}{}", id.as_bytes()[0], &id[1..]), all] {
        let answer = app.get(&format!("/customers/{encoded}")).await;
        assert_eq!((answer.status, &answer.body), (200, &customer), "{encoded}");
    }
    let twice = format!("/customers/%25{:02x}{}", id.as_bytes()[0], &id[1..]);
    assert_eq!(app.get(&twice).await.status, 400, "an id is decoded only once");
}

#[tokio::test]
async fn an_encoded_slash_is_part_of_a_path_parameter() {
    let app = TestApp::start().await;
    let customer = app.create("anna").await;
    let path = format!("{}%2Frestore", path_of(&customer));
    let answer = app.get(&path).await;
    assert_eq!(
        (answer.status, answer.faults()),
        (400, vec!["/id invalid_format".to_owned()])
    );
    app.delete(&customer).await;
    let answer = app.call("POST", &path).send().await;
    assert_eq!(
        answer.status, 405,
        "an encoded slash must not reach the restore route: {answer:?}"
    );
}

#[tokio::test]
async fn a_malformed_path_gets_the_same_errors_as_any_other() {
    let app = TestApp::start().await;
    for id in [
        "%zz", "%", "%f", "%ff", "%00", "a%20b", "%C3%BC", "a%3Fb", "%E2%82", "a%23b%25",
    ] {
        let answer = app.get(&format!("/customers/{id}")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid"), "{id}");
        let answer = app.call("POST", &format!("/customers/{id}")).send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (405, "method_not_allowed"),
            "{id}"
        );
        let answer = app.get(&format!("/nowhere/{id}")).await;
        assert_eq!((answer.status, answer.code()), (404, "unknown_route"), "{id}");
    }
}
