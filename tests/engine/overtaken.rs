//! Writes whose answer is lost, and that other writes overtake before they are sent again: each happens once, and its
//! caller is told the truth.

use serde_json::{Value, json};
use tests::proxy::{Fault, Proxy};
use tests::{Answer, TestApp, path_of};

/// How many other writes happen before the write is sent again. An item remembers its last four.
const OVERTAKING: [u64; 6] = [0, 1, 3, 4, 8, 40];

pub struct Write {
    pub name: &'static str,
    method: &'static str,
    path: &'static str,
    pub body: Option<Value>,
    pub if_match: Option<&'static str>,
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

pub fn updates() -> [Write; 3] {
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

pub async fn others_write(app: &TestApp, anna: &Value, times: u64) {
    for n in 1..=times {
        let other = app.call_past_proxy("PATCH", &path_of(anna));
        let other = other.json(json!({"name": format!("other {n}"), "detail": "others'"}));
        assert_eq!(other.send().await.status, 200);
    }
}

/// The customer as the table holds it, and its version.
pub async fn stored(app: &TestApp, anna: &Value) -> (Value, u64) {
    let answer = app.call_past_proxy("GET", &path_of(anna)).send().await;
    let version = answer.header("etag").trim_matches('"').parse().unwrap();
    (answer.body, version)
}

pub async fn start() -> (TestApp, Proxy, Value) {
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
