//! Many callers at once: one wins, and nothing is lost.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;
use tests::{Api, all_at_once, outcomes, path_of};

/// These outcomes, those that never came left out.
fn expected<const N: usize>(outcomes: [(&str, usize); N]) -> BTreeMap<String, usize> {
    let came = outcomes.into_iter().filter(|(_, count)| *count > 0);
    came.map(|(kind, count)| (kind.to_owned(), count)).collect()
}

#[tokio::test]
async fn of_24_simultaneous_creations_of_one_username_one_wins() {
    let api = Api::start().await;
    let spellings = ["anna", "Anna", "ANNA"];
    let calls = (0..24).map(|n| {
        api.call("POST", "/customers")
            .json(json!({"username": api.unique(spellings[n % 3])}))
    });
    let answers = all_at_once(calls).await;
    assert_eq!(
        outcomes(&answers),
        expected([("201", 1), ("409 username_taken", 23)])
    );
}

#[tokio::test]
async fn of_16_simultaneous_renames_to_one_username_one_wins_and_no_guard_is_lost() {
    let api = Api::start().await;
    let mut everyone = Vec::new();
    for n in 0..16 {
        everyone.push(api.create_unique(&format!("customer-{n}")).await);
    }
    let wanted = api.unique("anna");
    let calls = everyone
        .iter()
        .map(|one| api.call("PATCH", &path_of(one)).json(json!({"username": wanted})));
    let answers = all_at_once(calls).await;
    assert_eq!(
        outcomes(&answers),
        expected([("200", 1), ("409 username_taken", 15)])
    );
    // Who has lost keeps its own name, which nobody else can take.
    for one in &everyone {
        let now = api.get(&path_of(one)).await.body;
        let taken = api.post(json!({"username": now["username"]})).await;
        assert_eq!(taken.status, 409, "{now}");
    }
}

#[tokio::test]
async fn of_simultaneous_writes_to_one_version_one_wins_and_no_update_is_lost() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let calls = (0..16).map(|n| {
        api.call("PATCH", &path_of(&anna))
            .header("if-match", "\"1\"")
            .json(json!({"name": format!("{n}")}))
    });
    let answers = all_at_once(calls).await;
    assert_eq!(
        outcomes(&answers),
        expected([("200", 1), ("412 precondition_failed", 15)])
    );
    let winner = answers.iter().find(|answer| answer.status == 200).expect("one");
    assert_eq!(api.get(&path_of(&anna)).await.body, winner.body);
}

#[tokio::test]
async fn simultaneous_updates_of_different_fields_all_stay() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let berta = api.unique("Berta");
    let changes = [
        json!({"name": "n"}),
        json!({"detail": "d"}),
        json!({"line_secret": "s"}),
        json!({"username": berta}),
    ];
    let answers = all_at_once(
        changes
            .iter()
            .map(|change| api.call("PATCH", &path_of(&anna)).json(change.clone())),
    )
    .await;
    assert_eq!(outcomes(&answers), expected([("200", 4)]));
    let tags: HashSet<_> = answers.iter().map(|answer| answer.header("etag")).collect();
    assert_eq!(tags.len(), 4, "each update made a version of its own");
    let after = api.get(&path_of(&anna)).await;
    assert_eq!(after.header("etag"), "\"5\"");
    for (field, value) in [
        ("name", "n"),
        ("detail", "d"),
        ("line_secret", "s"),
        ("username", &berta),
    ] {
        assert_eq!(after.body[field], value);
    }
}

#[tokio::test]
async fn two_renames_that_cross_leave_both_names_with_their_guards() {
    let api = Api::start().await;
    let (anna, berta) = (api.create_unique("anna").await, api.create_unique("berta").await);
    let calls = [(&anna, &berta), (&berta, &anna)].map(|(who, other)| {
        api.call("PATCH", &path_of(who))
            .json(json!({"username": other["username"]}))
    });
    let answers = all_at_once(calls).await;
    assert_eq!(
        outcomes(&answers),
        expected([("409 username_taken", 2)]),
        "a taken name is not given up first"
    );
    for one in [&anna, &berta] {
        assert_eq!(&api.get(&path_of(one)).await.body, one);
        assert_eq!(api.post(json!({"username": one["username"]})).await.status, 409);
    }
}

#[tokio::test]
async fn of_64_creations_and_renames_to_one_username_at_once_one_wins() {
    let api = Api::start().await;
    let mut others = Vec::new();
    for n in 0..32 {
        others.push(api.create_unique(&format!("customer-{n}")).await);
    }
    let (wanted, same) = (api.unique("Anna"), api.unique("anna"));
    let renames = others
        .iter()
        .map(|one| api.call("PUT", &path_of(one)).json(json!({"username": wanted})));
    let creations = (0..32).map(|_| api.call("POST", "/customers").json(json!({"username": same})));
    let answers = all_at_once(renames.chain(creations)).await;
    let was_renamed = answers.iter().any(|answer| answer.status == 200);
    let winner = if was_renamed { "200" } else { "201" };
    assert_eq!(
        outcomes(&answers),
        expected([(winner, 1), ("409 username_taken", 63)])
    );

    let found = api.get(&format!("/customers?username={same}")).await;
    assert_eq!(found.result().len(), 1);
}

#[tokio::test]
async fn of_64_restorations_at_once_one_wins_and_the_others_hear_that_it_is_not_deleted() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    api.delete(&anna).await;
    let restore = format!("{}/restore", path_of(&anna));
    let answers = all_at_once((0..64).map(|_| api.call("POST", &restore))).await;
    assert_eq!(
        outcomes(&answers),
        expected([("200", 1), ("409 customer_not_deleted", 63)])
    );
    assert_eq!(api.get(&path_of(&anna)).await.header("etag"), "\"3\"");
}

#[tokio::test]
async fn an_update_that_meets_a_deletion_either_came_before_it_or_is_refused() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let updates = (0..32).map(|n| {
        api.call("PATCH", &path_of(&anna))
            .json(json!({"name": format!("{n}")}))
    });
    let deletions = (0..32).map(|_| api.call("DELETE", &path_of(&anna)));
    let (updates, deletions) = tokio::join!(all_at_once(updates), all_at_once(deletions));
    let updated = updates.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(
        outcomes(&updates),
        expected([("200", updated), ("409 customer_deleted", 32 - updated)])
    );
    assert_eq!(outcomes(&deletions), expected([("200", 32)]));
    let after = api.get(&path_of(&anna)).await;
    assert_eq!(
        after.header("etag"),
        format!("\"{}\"", 1 + updated + 1),
        "each update and one deletion"
    );
    assert!(deletions.iter().all(|deletion| deletion.body == after.body));
}
