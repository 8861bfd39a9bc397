//! Faults between a function and the database that last: the caller is told the truth, and nothing is written.

use std::time::Duration;

use serde_json::json;
use tests::TestApp;
use tests::proxy::Fault;
use tokio::task::JoinSet;

use crate::writes::{WRITES, check_items, prepare, send};

#[tokio::test]
async fn lasting_throttling_is_429_an_unreachable_database_503_and_nothing_is_written() {
    for (fault, status, code) in [
        (Fault::Refuse(400, "ThrottlingException"), 429, "throttled"),
        (
            Fault::Refuse(400, "ProvisionedThroughputExceededException"),
            429,
            "throttled",
        ),
        (Fault::Refuse(500, "InternalServerError"), 503, "unavailable"),
        (
            Fault::Refuse(400, "TransactionConflictException"),
            503,
            "unavailable",
        ),
        (Fault::DropBefore, 503, "unavailable"),
    ] {
        for write in WRITES {
            let (app, proxy, anna) = prepare(write).await;
            proxy.inject([fault; 20]);
            let answer = send(&app, &anna, write).await;
            assert_eq!(
                (answer.status, answer.code()),
                (status, code),
                "{fault:?} {}",
                write.0
            );
            assert_eq!(answer.header("retry-after"), "1");
            check_items(&app, write, false).await;
        }
    }
}

#[tokio::test]
async fn a_transaction_that_is_always_cancelled_is_429_only_if_it_was_throttled() {
    for (reason, status) in [
        ("ThrottlingError", 429),
        ("ProvisionedThroughputExceeded", 429),
        ("TransactionConflict", 503),
        ("ValidationError", 500),
    ] {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        proxy.inject([Fault::Cancel(reason); 20]);
        assert_eq!(
            app.post(json!({"username": "anna"})).await.status,
            status,
            "{reason}"
        );
        assert_eq!(app.items().await.len(), 0);
    }
}

#[tokio::test]
async fn an_internal_error_is_500_and_tells_the_caller_nothing_but_the_request_id() {
    let (app, proxy) = TestApp::start_behind_proxy().await;
    for code in [
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ValidationException",
    ] {
        proxy.inject([Fault::Refuse(400, code)]);
        let answer = app.get("/customers").await;
        assert_eq!((answer.status, answer.code()), (500, "internal"));
        assert!(!answer.body.to_string().contains("Exception"), "{answer:?}");
    }
}

#[tokio::test]
async fn every_write_ends_within_the_functions_time_limit_when_the_database_never_answers() {
    let calls = WRITES.map(async |write| {
        let (app, proxy, anna) = prepare(write).await;
        proxy.inject([Fault::Swallow; 20]);
        let answer = send(&app, &anna, write).await;
        assert_eq!(
            (answer.status, answer.code()),
            (503, "unavailable"),
            "{}",
            write.0
        );
        proxy.heal();
        check_items(&app, write, false).await;
    });
    let mut calls: JoinSet<()> = calls.into_iter().collect();
    // The template gives a function 20 seconds.
    while let Some(call) = tokio::time::timeout(Duration::from_secs(20), calls.join_next())
        .await
        .unwrap()
    {
        call.unwrap();
    }
}
