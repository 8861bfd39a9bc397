//! Reads over a failing connection to the database.

use std::time::Duration;

use tests::proxy::Fault;
use tests::{TestApp, path_of};
use tokio::task::JoinSet;

/// Every kind of read; `{}` is the path of the one customer.
const READS: [&str; 4] = [
    "{}",
    "/customers",
    "/customers?deleted=true",
    "/customers?username=anna",
];

const FAULTS: [Fault; 9] = [
    Fault::DropBefore,
    Fault::DropAfter,
    Fault::BreakOff,
    Fault::HalfDocument,
    Fault::Refuse(500, "InternalServerError"),
    Fault::Refuse(503, "ServiceUnavailable"),
    Fault::Refuse(400, "ThrottlingException"),
    Fault::Refuse(400, "ProvisionedThroughputExceededException"),
    Fault::Delay(Duration::from_millis(100)),
];

#[tokio::test]
async fn a_read_succeeds_after_a_passing_fault_and_says_when_to_retry_after_a_lasting_one() {
    for read in READS {
        let (app, proxy) = TestApp::start_behind_proxy().await;
        let anna = app.create("anna").await;
        let read = read.replace("{}", &path_of(&anna));
        let expected = app.get(&read).await;
        for fault in FAULTS {
            proxy.inject([fault]);
            let answer = app.get(&read).await;
            assert_eq!(
                (answer.status, &answer.body),
                (200, &expected.body),
                "{fault:?} {read}"
            );

            proxy.inject([fault; 8]);
            let answer = app.get(&read).await;
            proxy.heal();
            let status = match fault {
                Fault::Delay(_) => 200,
                Fault::Refuse(400, _) => 429,
                _ => 503,
            };
            assert_eq!(answer.status, status, "{fault:?} {read}");
            let retry_after = if status == 200 { "" } else { "1" };
            assert_eq!(answer.header("retry-after"), retry_after, "{fault:?} {read}");
        }
    }
}

#[tokio::test]
async fn every_read_ends_within_the_functions_time_limit_when_the_database_never_answers() {
    let mut reads: JoinSet<()> = READS
        .map(async |read| {
            let (app, proxy) = TestApp::start_behind_proxy().await;
            let anna = app.create("anna").await;
            proxy.inject([Fault::Swallow; 8]);
            let path = read.replace("{}", &path_of(&anna));
            let answer = tokio::time::timeout(Duration::from_secs(20), app.get(&path)).await;
            assert_eq!(answer.unwrap().status, 503, "{read}");
        })
        .into_iter()
        .collect();
    while let Some(read) = reads.join_next().await {
        read.unwrap();
    }
}
