//! Faults between a function and the database that last: the caller is told the truth, and nothing is written.

use std::time::Duration;

use serde_json::json;
use tests::TestApp;
use tests::proxy::Fault;
use tokio::task::JoinSet;

use crate::writes::{WRITES, Write, check_items, prepare, send};

/// The code of a 503 after requests that may have been executed. Only a creation can be repeated as it is: it would find its
/// own username taken.
fn code_if_answers_are_lost((_, method, _, _): Write) -> &'static str {
    match method {
        "POST" => "unavailable",
        _ => "outcome_unknown",
    }
}

#[tokio::test]
async fn lasting_throttling_is_429_an_unreachable_database_503_and_nothing_is_written() {
    let refusals = [
        ("ThrottlingException", 429, "throttled"),
        ("ProvisionedThroughputExceededException", 429, "throttled"),
        ("TransactionConflictException", 503, "unavailable"),
    ];
    let refusals = refusals.map(|(code, status, told)| (Fault::Refuse(400, code), status, Some(told)));
    let lost = [Fault::Refuse(500, "InternalServerError"), Fault::DropBefore];
    for (fault, status, code) in refusals.into_iter().chain(lost.map(|fault| (fault, 503, None))) {
        for write in WRITES {
            let code = code.unwrap_or(code_if_answers_are_lost(write));
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
async fn a_write_whose_answers_are_all_lost_happens_once_and_is_not_told_as_if_it_had_not() {
    for write in WRITES {
        let (app, proxy, anna) = prepare(write).await;
        proxy.inject([Fault::DropAfter; 20]);
        let answer = send(&app, &anna, write).await;
        proxy.heal();
        let told = (answer.status, answer.code());
        assert_eq!(told, (503, code_if_answers_are_lost(write)), "{}", write.0);
        // The first request of a new name is refused, and that answer is lost too.
        let has_new_name = ["carla", "ANNA"].iter().any(|name| write.2.contains(name));
        check_items(&app, write, !has_new_name).await;
    }
}

/// What became of each request of a rename's transaction, whether the rename took effect, and what its caller is told.
type Renamed = ([Fault; 4], bool, (u16, &'static str));

#[tokio::test]
async fn a_rename_is_told_as_unknown_if_a_request_of_its_transaction_may_have_taken_effect() {
    let throttled = Fault::Refuse(400, "ThrottlingException");
    let cancelled = Fault::Cancel("TransactionConflict");
    let failed = Fault::Refuse(500, "InternalServerError");
    let unknown = (503, "outcome_unknown");
    let cases: [Renamed; 9] = [
        ([Fault::DropAfter; 4], true, unknown),
        ([Fault::DropBefore; 4], false, unknown),
        ([failed; 4], false, unknown),
        ([Fault::DropAfter, throttled, throttled, throttled], true, unknown),
        (
            [throttled, Fault::DropBefore, throttled, throttled],
            false,
            unknown,
        ),
        (
            [cancelled, cancelled, Fault::DropBefore, cancelled],
            false,
            unknown,
        ),
        ([throttled; 4], false, (429, "throttled")),
        ([Fault::Cancel("ThrottlingError"); 4], false, (429, "throttled")),
        ([cancelled; 4], false, (503, "unavailable")),
    ];
    for write in WRITES.into_iter().filter(|write| write.2.contains("carla")) {
        for (faults, took_effect, told) in cases {
            let (app, proxy, anna) = prepare(write).await;
            // The first request of a rename is always refused.
            proxy.inject([Fault::Pass]);
            proxy.inject(faults);
            let answer = send(&app, &anna, write).await;
            assert_eq!((answer.status, answer.code()), told, "{faults:?} {}", write.0);
            check_items(&app, write, took_effect).await;
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
            (503, code_if_answers_are_lost(write)),
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
