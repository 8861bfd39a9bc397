//! The table behind the API, read and written past it.

use local::template::{CUSTOMERS_TABLE, EVENTS_TABLE};
use serde_json::{Value, json};

use crate::TestApp;

/// The database checks no signature, but wants to see one.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, \
                         SignedHeaders=host, Signature=0";

impl TestApp {
    /// An operation of the database itself, past the API; on the customers' table, unless the body names another.
    pub async fn dynamodb(&self, operation: &str, mut body: Value) -> Value {
        if body["TableName"].is_null() {
            body["TableName"] = json!(CUSTOMERS_TABLE);
        }
        let answer = self
            .client()
            .post(format!("http://{}", self.server.dynamodb))
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header("authorization", SIGNATURE)
            .body(body.to_string())
            .send()
            .await
            .expect("the database answers");
        assert!(
            answer.status().is_success(),
            "{operation}: {:?}",
            answer.text().await
        );
        serde_json::from_str(&answer.text().await.expect("an answer")).expect("JSON")
    }

    /// Every item of the customers' table, as the database holds it.
    pub async fn items(&self) -> Vec<Value> {
        self.items_of(CUSTOMERS_TABLE).await
    }

    /// Every row of the history, as the database holds it.
    pub async fn history(&self) -> Vec<Value> {
        self.items_of(EVENTS_TABLE).await
    }

    async fn items_of(&self, table: &str) -> Vec<Value> {
        let (mut items, mut scan) = (Vec::new(), json!({"TableName": table}));
        loop {
            let page = self.dynamodb("Scan", scan.clone()).await;
            items.extend(page["Items"].as_array().expect("items").iter().cloned());
            if page["LastEvaluatedKey"].is_null() {
                return items;
            }
            scan["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
    }

    /// Puts a customer into the table as an import would: with this id and moment of creation.
    pub async fn seed(&self, id: &str, username: &str, tm_create: &str) {
        for item in stored(id, username, tm_create) {
            self.dynamodb("PutItem", json!({"Item": item})).await;
        }
    }

    /// Puts this many customers into the table, past the network.
    pub fn load(&self, count: usize) {
        let customers = (0..count).flat_map(|n| {
            let id = format!("5e4a0680-804e-11ec-8477-2fea{n:08x}");
            stored(&id, &format!("loaded-{n:08}"), "2022-02-01 00:00:00.000000")
        });
        let items = customers
            .map(|item| serde_json::from_value(item).expect("an item"))
            .collect();
        let options = dynoxide::ImportOptions::default();
        self.server
            .database
            .import_items(CUSTOMERS_TABLE, items, options)
            .expect("the items load");
    }
}

/// A customer and its guard as the database holds them.
fn stored(id: &str, username: &str, tm_create: &str) -> [Value; 2] {
    let text = |value: &str| json!({"S": value});
    let mut customer = json!({
        "pk": text(&format!("customer#{id}")),
        "id": text(id),
        "username": text(username),
        "tm_create": text(tm_create),
        "tm_update": text(tm_create),
        "tm_delete": text("9999-01-01 00:00:00.000000"),
        "webhook_method": text("POST"),
        "permission_ids": {"L": []},
        "version": {"N": "1"},
        "listing": text("live"),
        "listed_at": text(&format!("{tm_create}#{id}")),
        "writes": {"L": [{"B": ""}, {"B": ""}, {"B": ""}, {"B": ""}]},
    });
    for empty in ["name", "detail", "webhook_uri", "line_secret", "line_token"] {
        customer[empty] = text("");
    }
    let guard =
        json!({"pk": text(&format!("username#{}", username.to_lowercase())), "customer_id": text(id)});
    [customer, guard]
}
