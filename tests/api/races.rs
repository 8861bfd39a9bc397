use std::collections::HashSet;

use serde_json::json;
use tests::{TestApp, all_at_once, path_of};

fn statuses(answers: &[tests::Answer]) -> (usize, usize) {
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    (count(200) + count(201), count(409))
}

#[tokio::test]
async fn of_24_simultaneous_creations_of_one_username_one_wins() {
    let app = TestApp::start().await;
    let spellings = ["anna", "Anna", "ANNA"];
    let calls = (0..24).map(|n| {
        app.call("POST", "/customers")
            .json(json!({"username": spellings[n % 3]}))
    });
    let answers = all_at_once(calls).await;
    assert_eq!(statuses(&answers), (1, 23), "{answers:?}");
    assert_eq!(app.items().await.len(), 2);
}

#[tokio::test]
async fn of_16_simultaneous_renames_to_one_username_one_wins_and_no_guard_is_lost() {
    let app = TestApp::start().await;
    let mut everyone = Vec::new();
    for n in 0..16 {
        everyone.push(app.create(&format!("customer-{n}")).await);
    }
    let calls = everyone
        .iter()
        .map(|one| app.call("PATCH", &path_of(one)).json(json!({"username": "anna"})));
    let answers = all_at_once(calls).await;
    assert_eq!(statuses(&answers), (1, 15), "{answers:?}");
    assert_eq!(app.items().await.len(), 32, "a guard for each");
}

#[tokio::test]
async fn of_simultaneous_writes_to_one_version_one_wins_and_no_update_is_lost() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let calls = (0..16).map(|n| {
        app.call("PATCH", &path_of(&anna))
            .header("if-match", "\"1\"")
            .json(json!({"name": format!("{n}")}))
    });
    let answers = all_at_once(calls).await;
    let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(winners.len(), 1);
    assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status)));
    assert_eq!(app.get(&path_of(&anna)).await.body, winners[0].body);
}

#[tokio::test]
async fn simultaneous_updates_of_different_fields_all_stay() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let changes = [
        json!({"name": "n"}),
        json!({"detail": "d"}),
        json!({"line_secret": "s"}),
        json!({"username": "Berta"}),
    ];
    let answers = all_at_once(
        changes
            .iter()
            .map(|change| app.call("PATCH", &path_of(&anna)).json(change.clone())),
    )
    .await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let tags: HashSet<_> = answers.iter().map(|answer| answer.header("etag")).collect();
    assert_eq!(tags.len(), 4, "each update made a version of its own");
    let after = app.get(&path_of(&anna)).await;
    assert_eq!(after.header("etag"), "\"5\"");
    for (field, value) in [
        ("name", "n"),
        ("detail", "d"),
        ("line_secret", "s"),
        ("username", "Berta"),
    ] {
        assert_eq!(after.body[field], value);
    }
}

#[tokio::test]
async fn two_renames_that_cross_leave_both_names_with_their_guards() {
    let app = TestApp::start().await;
    let (anna, berta) = (app.create("anna").await, app.create("berta").await);
    let calls = [(&anna, "berta"), (&berta, "anna")];
    let calls = calls.map(|(who, username)| {
        app.call("PATCH", &path_of(who))
            .json(json!({"username": username}))
    });
    let answers = all_at_once(calls).await;
    assert!(
        answers.iter().all(|answer| answer.status == 409),
        "a taken name is not given up first: {answers:?}"
    );
    assert_eq!(app.items().await.len(), 4);
}

#[tokio::test]
async fn of_64_creations_and_renames_to_one_username_at_once_one_wins() {
    let app = TestApp::start().await;
    let mut others = Vec::new();
    for n in 0..32 {
        others.push(app.create(&format!("customer-{n}")).await);
    }
    let renames = others
        .iter()
        .map(|one| app.call("PUT", &path_of(one)).json(json!({"username": "Anna"})));
    let creations = (0..32).map(|_| app.call("POST", "/customers").json(json!({"username": "anna"})));
    let answers = all_at_once(renames.chain(creations)).await;
    assert_eq!(statuses(&answers), (1, 63), "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| answer.status != 409 || answer.code() == "username_taken")
    );
    assert_eq!(app.get("/customers?username=anna").await.result().len(), 1);
}

#[tokio::test]
async fn of_64_restorations_at_once_one_wins_and_the_others_hear_that_it_is_not_deleted() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    app.delete(&anna).await;
    let restore = format!("{}/restore", path_of(&anna));
    let answers = all_at_once((0..64).map(|_| app.call("POST", &restore))).await;
    assert_eq!(statuses(&answers), (1, 63), "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| answer.status != 409 || answer.code() == "customer_not_deleted")
    );
    assert_eq!(app.get(&path_of(&anna)).await.header("etag"), "\"3\"");
}

#[tokio::test]
async fn an_update_that_meets_a_deletion_either_came_before_it_or_is_refused() {
    let app = TestApp::start().await;
    let anna = app.create("anna").await;
    let updates = (0..32).map(|n| {
        app.call("PATCH", &path_of(&anna))
            .json(json!({"name": format!("{n}")}))
    });
    let deletions = (0..32).map(|_| app.call("DELETE", &path_of(&anna)));
    let answers = all_at_once(
        updates
            .zip(deletions)
            .flat_map(|(update, deletion)| [update, deletion]),
    )
    .await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 || answer.code() == "customer_deleted"),
        "{answers:?}"
    );
    let living = |answer: &&tests::Answer| answer.body["tm_delete"] == "9999-01-01 00:00:00.000000";
    let updated = answers.iter().filter(living).count();
    let after = app.get(&path_of(&anna)).await;
    assert_eq!(
        after.header("etag"),
        format!("\"{}\"", 1 + updated + 1),
        "each update and one deletion"
    );
    let deleted: HashSet<_> = answers
        .iter()
        .filter(|answer| answer.status == 200 && !living(answer))
        .map(|one| one.body.to_string())
        .collect();
    assert_eq!(deleted.len(), 1, "every deletion shows the same record");
}
