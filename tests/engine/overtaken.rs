//! Writes whose answer is lost, and that other writes overtake before they are sent again: each happens once, and its
//! caller is told the truth.

use serde_json::{Value, json};
use tests::proxy::{Fault, Proxy};
use tests::{Answer, TestApp, path_of};

/// How many other writes happen before the write is sent again. An item remembers its last four.
const OVERTAKING: [u64; 6] = [0, 1, 3, 4, 8, 40];

struct Write {
    name: &'static str,
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
    if_match: Option<&'static str>,
    /// How many requests are always refused before the one that takes effect.
    requests_before: usize,
}

const UPDATE: Write = Write {
    name: "update",
    method: "PATCH",
    path: "",
    body: None,
    if_match: None,
    requests_before: 0,
};

fn updates() -> [Write; 3] {
    let body = || Some(json!({"detail": "own"}));
    [
        Write {
            body: body(),
            ..UPDATE
        },
        Write {
            name: "update of a version",
            body: body(),
            if_match: Some("\"1\""),
            ..UPDATE
        },
        Write {
            name: "update of one of two versions",
            body: body(),
            if_match: Some("\"1\", \"2\""),
            ..UPDATE
        },
    ]
}

fn renames() -> [Write; 2] {
    let body = || Some(json!({"username": "berta"}));
    [
        Write {
            name: "rename",
            body: body(),
            requests_before: 1,
            ..UPDATE
        },
        Write {
            name: "rename of a version",
            body: body(),
            if_match: Some("\"1\""),
            requests_before: 1,
            ..UPDATE
        },
    ]
}

/// Sends `write`, which the last injected fault delays, while other callers write `overtaking` times.
async fn overtake(app: &TestApp, proxy: &Proxy, anna: &Value, write: &Write, overtaking: u64) -> Answer {
    let path = format!("{}{}", path_of(anna), write.path);
    let mut call = app.call(write.method, &path);
    if let Some(body) = &write.body {
        call = call.json(body.clone());
    }
    if let Some(tags) = write.if_match {
        call = call.header("if-match", tags);
    }
    let own = tokio::spawn(call.send());
    proxy.holds_one().await;
    others_write(app, anna, overtaking).await;
    proxy.release();
    own.await.unwrap()
}

async fn others_write(app: &TestApp, anna: &Value, times: u64) {
    for n in 1..=times {
        let other = app.call_past_proxy("PATCH", &path_of(anna));
        let other = other.json(json!({"name": format!("other {n}"), "detail": "others'"}));
        assert_eq!(other.send().await.status, 200);
    }
}

/// The customer as the table holds it, and its version.
async fn stored(app: &TestApp, anna: &Value) -> (Value, u64) {
    let answer = app.call_past_proxy("GET", &path_of(anna)).send().await;
    let version = answer.header("etag").trim_matches('"').parse().unwrap();
    (answer.body, version)
}

async fn start() -> (TestApp, Proxy, Value) {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    (app, proxy, anna)
}

/// Checks what the caller is told if the write took effect and `overtaking` others followed.
fn check_told(write: &Write, overtaking: u64, answer: &Answer, can_be_known: bool) {
    let told = (answer.status, answer.code());
    let expected = match can_be_known {
        true => (200, ""),
        false => (503, "outcome_unknown"),
    };
    assert_eq!(
        told, expected,
        "{} overtaken by {overtaking}: {answer:?}",
        write.name
    );
}

#[tokio::test]
async fn an_update_that_took_effect_happens_once_however_many_overtake_it() {
    for write in updates() {
        for overtaking in OVERTAKING {
            let (app, proxy, anna) = start().await;
            proxy.inject([Fault::DropAfter, Fault::Hold]);
            let answer = overtake(&app, &proxy, &anna, &write, overtaking).await;
            check_told(&write, overtaking, &answer, overtaking <= 3);
            let (now, version) = stored(&app, &anna).await;
            assert_eq!(
                version,
                2 + overtaking,
                "{} overtaken by {overtaking}",
                write.name
            );
            let detail = if overtaking == 0 { "own" } else { "others'" };
            assert_eq!(now["detail"], detail, "the later value stays");
        }
    }
}

#[tokio::test]
async fn an_update_that_did_not_take_effect_happens_at_most_once_and_is_not_reported_as_done() {
    for write in updates() {
        for overtaking in OVERTAKING {
            let (app, proxy, anna) = start().await;
            proxy.inject([Fault::DropBefore, Fault::Hold]);
            let answer = overtake(&app, &proxy, &anna, &write, overtaking).await;
            let (now, version) = stored(&app, &anna).await;
            let took_effect = now["detail"] == "own";
            let name = write.name;
            assert_eq!(
                version,
                1 + overtaking + u64::from(took_effect),
                "{name}, {overtaking}"
            );
            assert_eq!(
                answer.status == 200,
                took_effect,
                "{name}, {overtaking}: {answer:?}"
            );
            let known = match (write.if_match, overtaking) {
                (_, 0) => (200, ""),
                (None, 1) | (Some("\"1\", \"2\""), 1) => (200, ""),
                (Some(_), 1..=4) => (412, "precondition_failed"),
                _ => (503, "outcome_unknown"),
            };
            assert_eq!((answer.status, answer.code()), known, "{name}, {overtaking}");
        }
    }
}

#[tokio::test]
async fn a_rename_that_took_effect_happens_once_however_many_overtake_it() {
    for write in renames() {
        for overtaking in OVERTAKING {
            let (app, proxy, anna) = start().await;
            proxy.inject(vec![Fault::Pass; write.requests_before]);
            proxy.inject([Fault::DropAfter, Fault::Hold]);
            let answer = overtake(&app, &proxy, &anna, &write, overtaking).await;
            check_told(&write, overtaking, &answer, true);
            let (now, version) = stored(&app, &anna).await;
            assert_eq!((version, &now["username"]), (2 + overtaking, &json!("berta")));
            let of_the_last = match overtaking {
                0 => json!(""),
                n => json!(format!("other {n}")),
            };
            assert_eq!(
                now["name"], of_the_last,
                "{} overtaken by {overtaking}",
                write.name
            );
        }
    }
}

#[tokio::test]
async fn a_deletion_and_a_restoration_that_took_effect_happen_once_however_many_overtake_them() {
    for overtaking in OVERTAKING {
        let (app, proxy, anna) = start().await;
        let deletion = Write {
            name: "deletion",
            method: "DELETE",
            ..UPDATE
        };
        proxy.inject([Fault::DropAfter, Fault::Hold]);
        let path = path_of(&anna);
        let own = tokio::spawn(app.call("DELETE", &path).send());
        proxy.holds_one().await;
        // First somebody restores it, then others change it.
        if overtaking > 0 {
            let restore = app.call_past_proxy("POST", &format!("{path}/restore"));
            assert_eq!(restore.send().await.status, 200);
            others_write(&app, &anna, overtaking - 1).await;
        }
        proxy.release();
        check_told(&deletion, overtaking, &own.await.unwrap(), overtaking <= 3);
        let (now, version) = stored(&app, &anna).await;
        assert_eq!(version, 2 + overtaking);
        assert_eq!(
            now["tm_delete"] == "9999-01-01 00:00:00.000000",
            overtaking > 0,
            "what others restored stays"
        );
    }
}

#[tokio::test]
async fn a_request_that_arrives_long_after_it_was_sent_again_does_nothing() {
    for write in updates() {
        let (app, proxy, anna) = start().await;
        proxy.inject([Fault::ExecuteLate]);
        let own = app
            .call("PATCH", &path_of(&anna))
            .json(write.body.clone().unwrap());
        let own = match write.if_match {
            Some(tags) => own.header("if-match", tags),
            None => own,
        };
        assert_eq!(own.send().await.status, 200, "its second request took effect");
        others_write(&app, &anna, 8).await;
        proxy.release();
        proxy.executed_late().await;
        let (now, version) = stored(&app, &anna).await;
        assert_eq!(
            (version, &now["detail"]),
            (10, &json!("others'")),
            "{}",
            write.name
        );
    }
}

/// A write whose first request is under way when its second one is refused: what it is, and what others must have done.
enum Refused {
    /// A rename that also changes `detail`. It is refused because the name is still the old one, and then takes effect in
    /// a transaction.
    Rename,
    /// An update, refused because somebody deleted the customer.
    Update,
    /// A deletion, refused because somebody deleted the customer first.
    Deletion,
    /// A restoration, refused because somebody restored the customer first.
    Restoration,
}

impl Refused {
    /// Sends the write past the first request, which waits, and checks its answer.
    async fn send(&self, app: &TestApp, proxy: &Proxy, anna: &Value, told: (u16, &str)) {
        let path = path_of(anna);
        let own = match self {
            Self::Rename => app
                .call("PATCH", &path)
                .json(json!({"username": "berta", "detail": "own"})),
            Self::Update => app.call("PATCH", &path).json(json!({"detail": "own"})),
            Self::Deletion => app.call("DELETE", &path),
            Self::Restoration => app.call("POST", &format!("{path}/restore")),
        };
        let own = tokio::spawn(own.send());
        proxy.holds_one().await;
        match self {
            Self::Rename => {}
            Self::Update | Self::Deletion => others(app, "DELETE", &path).await,
            Self::Restoration => others(app, "POST", &format!("{path}/restore")).await,
        }
        let answer = own.await.unwrap();
        assert_eq!((answer.status, answer.code()), told, "{answer:?}");
    }

    /// What the caller is told if the write's first request is known to do nothing.
    fn told(&self) -> (u16, &'static str) {
        match self {
            Self::Rename | Self::Deletion => (200, ""),
            Self::Update => (409, "customer_deleted"),
            Self::Restoration => (409, "customer_not_deleted"),
        }
    }
}

async fn others(app: &TestApp, method: &str, path: &str) {
    assert_eq!(app.call_past_proxy(method, path).send().await.status, 200);
}

const REFUSED: [Refused; 4] = [
    Refused::Rename,
    Refused::Update,
    Refused::Deletion,
    Refused::Restoration,
];

#[tokio::test]
async fn a_request_that_arrives_after_the_write_was_refused_does_nothing() {
    for write in REFUSED {
        let (app, proxy, anna) = start().await;
        let path = path_of(&anna);
        if let Refused::Restoration = write {
            app.delete(&anna).await;
        }
        proxy.inject([Fault::ExecuteLate]);
        write.send(&app, &proxy, &anna, write.told()).await;
        // Somebody undoes what refused it, and others write.
        match write {
            Refused::Rename => {}
            Refused::Update | Refused::Deletion => others(&app, "POST", &format!("{path}/restore")).await,
            Refused::Restoration => {}
        }
        others_write(&app, &anna, 8).await;
        if let Refused::Restoration = write {
            others(&app, "DELETE", &path).await;
        }
        let before = stored(&app, &anna).await;
        proxy.release();
        proxy.executed_late().await;
        assert_eq!(stored(&app, &anna).await, before);
    }
}

#[tokio::test]
async fn a_refused_write_that_cannot_be_kept_from_arriving_late_is_told_as_unknown() {
    for write in REFUSED {
        let (app, proxy, anna) = start().await;
        if let Refused::Restoration = write {
            app.delete(&anna).await;
        }
        proxy.inject([Fault::ExecuteLate, Fault::Pass, Fault::DropAfter]);
        write.send(&app, &proxy, &anna, (503, "outcome_unknown")).await;
    }
}

#[tokio::test]
async fn a_request_that_arrives_just_after_the_write_was_refused_is_told_as_done() {
    let (app, proxy, anna) = start().await;
    let path = path_of(&anna);
    proxy.inject([Fault::ExecuteLate, Fault::Pass, Fault::Hold]);
    let own = tokio::spawn(app.call("DELETE", &path).send());
    proxy.holds_one().await;
    others(&app, "DELETE", &path).await;
    proxy.holds_one().await;
    others(&app, "POST", &format!("{path}/restore")).await;
    proxy.release();
    proxy.executed_late().await;
    proxy.release();
    let answer = own.await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(stored(&app, &anna).await.1, 4, "its deletion is the third change");
}

#[tokio::test]
async fn the_list_of_remembered_writes_does_not_grow() {
    let (app, proxy, anna) = start().await;
    let size = async || {
        let item = app
            .items()
            .await
            .into_iter()
            .find(|item| item["writes"].is_object());
        let writes = item.unwrap()["writes"]["L"].as_array().unwrap().clone();
        // Base64 has four characters for three bytes, and DynamoDB counts one byte more for each element.
        let bytes = writes
            .iter()
            .map(|id| id["B"].as_str().unwrap().len() / 4 * 3 + 1);
        bytes.sum::<usize>()
    };
    const FIRST_RELEASE: usize = 4 * (16 + 1);
    for n in 0..8 {
        if n == 2 {
            proxy.inject([Fault::DropBefore]);
        }
        assert_eq!(
            app.patch(&anna, json!({"name": format!("{n}")})).await.status,
            200
        );
        assert!(size().await <= FIRST_RELEASE, "{} after {n}", size().await);
    }
}
