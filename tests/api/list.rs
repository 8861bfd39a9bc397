//! Lists, their pages, and the search by username.

use std::collections::HashSet;

use serde_json::{Value, json};
use tests::{Api, all_at_once, pages, path_of};

/// Creates this many customers and returns them as the list shows them, newest first.
async fn populate(api: &Api, count: usize) -> Vec<Value> {
    let mut customers = Vec::new();
    for n in 0..count {
        customers.insert(0, api.create_unique(&format!("customer-{n}")).await);
    }
    api.wait_for_index().await;
    customers
}

#[tokio::test]
async fn walking_with_any_page_size_shows_everyone_once_newest_first() {
    let api = Api::start().await;
    let everyone = populate(&api, 30).await;
    for size in [1, 2, 7, 29, 30, 31, 100] {
        let seen = pages::own(&api, &format!("page_size={size}"), &everyone).await;
        assert_eq!(seen, everyone, "page_size={size}");
    }
}

#[tokio::test]
async fn walking_while_others_come_and_go_shows_everyone_who_stays_exactly_once() {
    let api = Api::start().await;
    let mut everyone = populate(&api, 40).await;
    everyone.reverse();
    let is_ours = |one: &Value| everyone.iter().any(|customer| customer["id"] == one["id"]);
    let (mut seen, mut gone) = (Vec::new(), HashSet::new());
    let (mut token, mut page_number) = (String::new(), 0);
    loop {
        let page = api
            .get(&format!("/customers?page_size=3&page_token={token}"))
            .await;
        let ours: Vec<_> = page.result().iter().filter(|one| is_ours(one)).collect();
        seen.extend(ours.iter().map(|one| one["id"].to_string()));
        page.next_page_token().clone_into(&mut token);
        if token.is_empty() || ours.iter().any(|one| one["id"] == everyone[0]["id"]) {
            break;
        }
        // Between pages somebody comes, and somebody goes: every third of the first customers, seen already or not,
        // and the last one of the page, at which the token stands.
        api.create_unique(&format!("late-{page_number}")).await;
        let mut leave = Vec::from_iter(ours.last().copied());
        if page_number % 2 == 0 && page_number > 0 && page_number * 3 < everyone.len() {
            leave.push(&everyone[page_number * 3]);
        }
        for one in leave {
            api.delete(one).await;
            gone.insert(one["id"].to_string());
        }
        page_number += 1;
    }
    let seen_once: HashSet<_> = seen.iter().cloned().collect();
    assert_eq!(seen.len(), seen_once.len(), "nobody twice");
    for one in &everyone {
        let id = one["id"].to_string();
        assert!(gone.contains(&id) || seen_once.contains(&id), "{one} was lost");
    }
}

#[tokio::test]
async fn a_page_whose_text_swells_as_json_stays_below_lambdas_6_mb() {
    let api = Api::start().await;
    // Each character takes six in JSON, and seven where that is JSON in JSON, as a function's answer is.
    let swelling = "\u{1}".repeat(43_600);
    let mut everyone = Vec::new();
    for n in 0..25 {
        let username = api.unique(&format!("large-{n}"));
        let answer = api.post(json!({"username": username, "detail": swelling})).await;
        assert_eq!(answer.status, 201);
        everyone.push(answer.body);
    }
    api.wait_for_index().await;
    let page = api.get("/customers?page_size=100").await;
    let answer = json!({"body": page.body.to_string()}).to_string();
    assert!(answer.len() < 6 * 1024 * 1024, "{}", answer.len());
    let seen = pages::own(&api, "page_size=100", &everyone).await;
    assert_eq!(seen.len(), everyone.len());
}

#[tokio::test]
async fn faulty_parameters_are_refused_all_at_once() {
    let api = Api::start().await;
    populate(&api, 2).await;
    let page = api.get("/customers?page_size=1").await;
    let token = page.next_page_token();
    let cut = &token[..token.len() - 1];
    for (query, faults) in [
        ("page_size=0".to_owned(), &["/page_size invalid_format"][..]),
        (
            "page_size=-1&deleted=1".to_owned(),
            &["/deleted not_allowed", "/page_size invalid_format"],
        ),
        ("page_size=ten".to_owned(), &["/page_size invalid_format"]),
        ("page_size=1&page_size=2".to_owned(), &["/page_size repeated"]),
        (
            "colour=red&pagesize=2".to_owned(),
            &["/colour unknown_field", "/pagesize unknown_field"],
        ),
        ("username=".to_owned(), &["/username required"]),
        ("username=a%20b".to_owned(), &["/username invalid_format"]),
        ("page_token=nonsense".to_owned(), &["/page_token invalid_format"]),
        (format!("page_token={cut}"), &["/page_token invalid_format"]),
        (
            format!("page_token={token}&deleted=true"),
            &["/page_token invalid_format"],
        ),
        (
            format!("page_token={token}&username=anna"),
            &["/page_token not_allowed"],
        ),
    ] {
        let answer = api.get(&format!("/customers?{query}")).await;
        assert_eq!(
            (answer.status, answer.faults()),
            (400, faults.iter().map(ToString::to_string).collect()),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_username_finds_its_one_customer_in_any_case() {
    let api = Api::start().await;
    let username = api.unique("Anna@example.com");
    let anna = api.create(&username).await;
    api.create_unique("berta").await;
    let query = username.to_uppercase().replace('@', "%40");
    let found = api.get(&format!("/customers?username={query}")).await;
    assert_eq!(found.body, json!({"result": [anna], "next_page_token": ""}));
    let nobody = api
        .get(&format!("/customers?username={}", api.unique("nobody")))
        .await;
    assert_eq!(nobody.result(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_username_finds_its_customer_only_in_the_list_that_was_asked_for() {
    let api = Api::start().await;
    let anna = api.create_unique("anna").await;
    let living = format!("/customers?username={}", anna["username"].as_str().unwrap());
    let deleted = format!("{living}&deleted=true");
    assert_eq!(api.get(&living).await.result().len(), 1);
    assert_eq!(api.get(&deleted).await.result().len(), 0);
    api.delete(&anna).await;
    assert_eq!(api.get(&living).await.result().len(), 0);
    assert_eq!(api.get(&deleted).await.result().len(), 1);
}

#[tokio::test]
async fn deleted_customers_stand_in_a_list_of_their_own() {
    let api = Api::start().await;
    let everyone = populate(&api, 3).await;
    let [carla, berta, anna] = &everyone[..] else {
        unreachable!()
    };
    let listed = async |query: &str| {
        api.wait_for_index().await;
        let shown = pages::own(&api, query, &everyone).await;
        shown.iter().map(path_of).collect::<Vec<_>>()
    };
    api.delete(berta).await;
    assert_eq!(listed("").await, [path_of(carla), path_of(anna)]);
    assert_eq!(listed("deleted=true").await, [path_of(berta)]);
    assert_eq!(listed("deleted=false").await, [path_of(carla), path_of(anna)]);
    api.restore(berta).await;
    assert_eq!(listed("").await, [carla, berta, anna].map(path_of));
}

#[tokio::test]
async fn the_permission_catalogue_is_listed_whole() {
    let api = Api::start().await;
    let answer = api.get("/permissions").await;
    assert_eq!(answer.status, 200);
    let catalogue: Value = serde_json::from_str(&tests::read("shared/customer/permissions.json")).unwrap();
    assert_eq!(answer.result().len(), catalogue.as_array().unwrap().len());
    assert_eq!(answer.result()[0]["id"], "03796e14-7cb4-11ec-9dba-e72023efd1c6");
    let everyone = all_at_once((0..8).map(|_| api.call("GET", "/permissions"))).await;
    assert!(
        everyone.iter().all(|one| one.body == answer.body),
        "the same at every call"
    );
}
