//! Requests that hang, and arrive after the write that they belong to was answered: they do nothing any more.

use serde_json::{Value, json};
use tests::proxy::{Fault, Proxy};
use tests::{Answer, TestApp, path_of};

use crate::overtaken::{others_write, start, stored, updates};

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

/// Renames anna to a username that somebody takes while the first request of the transaction is under way, and returns the
/// answer.
async fn rename_to_a_name_that_is_taken(
    app: &TestApp,
    proxy: &Proxy,
    anna: &Value,
    then: &[Fault],
) -> Answer {
    proxy.inject([Fault::Pass, Fault::ExecuteLate, Fault::Pass]);
    proxy.inject(then.iter().copied());
    let own = app
        .call("PATCH", &path_of(anna))
        .json(json!({"username": "berta"}));
    let own = tokio::spawn(own.send());
    proxy.holds_one().await;
    let other = app.call_past_proxy("POST", "/customers");
    let other = other.json(json!({"username": "berta"})).send().await;
    assert_eq!(other.status, 201);
    let answer = own.await.unwrap();
    let freed = app.call_past_proxy("PATCH", &path_of(&other.body));
    let freed = freed.json(json!({"username": "carla"})).send().await;
    assert_eq!(freed.status, 200);
    answer
}

#[tokio::test]
async fn a_rename_that_arrives_after_its_username_was_taken_and_is_free_again_does_nothing() {
    let (app, proxy, anna) = start().await;
    let answer = rename_to_a_name_that_is_taken(&app, &proxy, &anna, &[]).await;
    assert_eq!((answer.status, answer.code()), (409, "username_taken"));
    let before = stored(&app, &anna).await;
    proxy.release();
    proxy.executed_late().await;
    assert_eq!(stored(&app, &anna).await, before);
}

#[tokio::test]
async fn a_rename_to_a_taken_username_that_cannot_be_kept_from_arriving_late_is_told_as_unknown() {
    let (app, proxy, anna) = start().await;
    let answer = rename_to_a_name_that_is_taken(&app, &proxy, &anna, &[Fault::DropAfter]).await;
    assert_eq!((answer.status, answer.code()), (503, "outcome_unknown"));
}
