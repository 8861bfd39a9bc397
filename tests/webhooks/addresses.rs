//! Nobody reaches inside: a system as it is deployed, which sends to public addresses only.

use local::server::{Options, Webhooks};
use serde_json::json;
use tests::{TestApp, id, in_memory};

use crate::receiver::{OK, Receiver, page_where};

/// Each is an address that was public when it was written, as far as anyone could tell, and is not when it is called: so
/// it is written past the check.
#[tokio::test]
async fn an_address_that_is_not_public_when_it_is_called_is_blocked_and_named() {
    let api = TestApp::start_with(Options {
        webhooks: Webhooks::Public,
        ..in_memory()
    })
    .await;
    let receiver = Receiver::start(|_| OK).await;
    let port = receiver.uri.split(['/', ':']).nth(4).unwrap();
    for (n, (host, blocked)) in [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("169.254.169.254", "169.254.169.254"),
        ("[fd00:ec2::254]", "fd00:ec2::254"),
        ("10.0.0.1", "10.0.0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        let anna = api.create(&format!("anna-{n}")).await;
        let update = json!({
            "Key": {"pk": {"S": format!("customer#{}", id(&anna))}},
            "UpdateExpression": "SET webhook_uri = :uri",
            "ExpressionAttributeValues": {":uri": {"S": format!("http://{host}:{port}/")}},
        });
        api.dynamodb("UpdateItem", update).await;
        let page = page_where(&api, &anna, |page| !page["last_failure"].is_null()).await;
        let reason = page["last_failure"]["reason"].as_str().unwrap();
        // A name may have an IPv6 address as well, which is blocked as much.
        let is_named = [blocked, "::1"]
            .iter()
            .any(|blocked| reason.contains(&format!("the address {blocked}, which is not public")));
        assert!(reason.starts_with("blocked: ") && is_named, "{host}: {reason}");
    }
    assert!(receiver.arrived().is_empty(), "{:?}", receiver.arrived());
}
