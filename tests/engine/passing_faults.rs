//! Faults between a function and the database that pass: every operation succeeds.

use serde_json::json;
use tests::proxy::Fault;
use tests::{TestApp, path_of};

use crate::writes::{WRITES, check_items, prepare, send};

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_reported_as_done_and_happened_once() {
    for lost in [Fault::DropAfter, Fault::BreakOff, Fault::HalfDocument] {
        for write in WRITES {
            let (app, proxy, anna) = prepare(write).await;
            // A rename's first request is always refused; the second one renames.
            if write.2.contains("carla") || write.2.contains("ANNA") {
                proxy.inject([Fault::Pass]);
            }
            proxy.inject([lost]);
            let answer = send(&app, &anna, write).await;
            assert!(
                [200, 201].contains(&answer.status),
                "{lost:?} {}: {answer:?}",
                write.0
            );
            check_items(&app, write, true).await;
            let path = path_of(&answer.body);
            assert_eq!(app.get(&path).await.body, answer.body, "{lost:?} {}", write.0);
        }
    }
}

#[tokio::test]
async fn a_passing_fault_is_retried_and_the_write_happens_once() {
    for fault in [
        Fault::DropBefore,
        Fault::Refuse(500, "InternalServerError"),
        Fault::Refuse(400, "ThrottlingException"),
        Fault::Refuse(400, "ProvisionedThroughputExceededException"),
        Fault::Refuse(503, "ServiceUnavailable"),
    ] {
        for write in WRITES {
            let (app, proxy, anna) = prepare(write).await;
            proxy.inject([fault]);
            let answer = send(&app, &anna, write).await;
            assert!(
                [200, 201].contains(&answer.status),
                "{fault:?} {}: {answer:?}",
                write.0
            );
            check_items(&app, write, true).await;
        }
    }
}

#[tokio::test]
async fn a_write_that_conflicts_with_a_transaction_is_retried() {
    for write in WRITES {
        let (app, proxy, anna) = prepare(write).await;
        let is_transaction = write.1 == "POST";
        proxy.inject([match is_transaction {
            true => Fault::Cancel("TransactionConflict"),
            false => Fault::Refuse(400, "TransactionConflictException"),
        }]);
        let answer = send(&app, &anna, write).await;
        assert!([200, 201].contains(&answer.status), "{}: {answer:?}", write.0);
        check_items(&app, write, true).await;
    }
}

#[tokio::test]
async fn a_transaction_cancelled_for_a_passing_reason_is_retried() {
    for reason in [
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    ] {
        for write in WRITES {
            let is_rename = write.2.contains("carla");
            if write.1 != "POST" && !is_rename {
                continue;
            }
            let (app, proxy, anna) = prepare(write).await;
            // A rename's transaction is its second request.
            proxy.inject(is_rename.then_some(Fault::Pass));
            proxy.inject([Fault::Cancel(reason)]);
            let answer = send(&app, &anna, write).await;
            assert!(
                [200, 201].contains(&answer.status),
                "{reason} {}: {answer:?}",
                write.0
            );
            check_items(&app, write, true).await;
        }
    }
}

#[tokio::test]
async fn a_refusal_whose_answer_is_lost_is_still_a_refusal() {
    for lost in [Fault::DropAfter, Fault::BreakOff, Fault::HalfDocument] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        let (anna, _) = (app.create("anna").await, app.create("berta").await);
        let stale = || {
            app.call("PATCH", &path_of(&anna))
                .header("if-match", "\"7\"")
                .json(json!({"name": "new"}))
        };
        let taken = || app.call("POST", "/customers").json(json!({"username": "berta"}));
        for (call, status) in [(stale(), 412), (taken(), 409)] {
            proxy.inject([lost]);
            assert_eq!(call.send().await.status, status, "{lost:?}");
        }
        proxy.inject([lost]);
        assert_eq!(app.get(&path_of(&anna)).await.body, anna, "{lost:?}");
        proxy.inject([lost]);
        assert_eq!(app.get("/customers").await.result().len(), 2, "{lost:?}");
    }
}

#[tokio::test]
async fn a_read_is_retried_when_its_request_is_never_answered() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    let anna = app.create("anna").await;
    proxy.inject([Fault::Swallow]);
    assert_eq!(app.get(&path_of(&anna)).await.status, 200);
}

#[tokio::test]
async fn a_deletion_and_a_restoration_of_one_of_several_versions_happen_even_after_many_recent_writes() {
    for tags in ["\"4\", \"5\"", "\"5\", \"5\""] {
        for was_deleted in [false, true] {
            let (app, proxy) = TestApp::start_behind_proxy().await;
            let anna = app.create("anna").await;
            for n in 2..=if was_deleted { 4 } else { 5 } {
                app.patch(&anna, json!({"name": format!("version {n}")})).await;
            }
            let path = path_of(&anna);
            let own = match was_deleted {
                true => {
                    app.delete(&anna).await;
                    app.call("POST", &format!("{path}/restore"))
                }
                false => app.call("DELETE", &path),
            };
            proxy.inject([Fault::DropBefore]);
            let answer = own.header("if-match", tags).send().await;
            assert_eq!((answer.status, answer.header("etag")), (200, "\"6\""), "{tags}");
            let now = app.get(&path).await.body;
            assert_eq!(
                now["tm_delete"] == "9999-01-01 00:00:00.000000",
                was_deleted,
                "{now}"
            );
        }
    }
}
