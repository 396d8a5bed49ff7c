//! The tables as they are, past everything that keeps tenants apart.

use serde_json::{Value, json};

use crate::world::World;

pub(crate) struct Tables<'a> {
    world: &'a World,
    http: reqwest::Client,
}

impl<'a> Tables<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { world, http }
    }

    /// Every item of every table, with the table's name.
    pub(crate) async fn items(&self) -> Vec<(String, Value)> {
        let tables = self.call("ListTables", &json!({})).await;
        let mut items = Vec::new();
        for table in tables["TableNames"].as_array().unwrap() {
            let name = table.as_str().unwrap();
            let found = self.call("Scan", &json!({ "TableName": name })).await;
            assert!(found["LastEvaluatedKey"].is_null(), "more than a page");
            let found = found["Items"].as_array().unwrap().iter();
            items.extend(found.map(|item| (name.to_owned(), item.clone())));
        }
        items.sort_by_key(|(table, item)| format!("{table} {} {}", item["pk"], item["sk"]));
        items
    }

    pub(crate) async fn put(&self, table: &str, item: &Value) {
        self.call("PutItem", &json!({ "TableName": table, "Item": item })).await;
    }

    /// Takes away every item of a kind, as if it had never been written.
    pub(crate) async fn forget(&self, kind: &str) {
        for (table, item) in self.items().await {
            if item["kind"]["S"] == kind {
                let key = json!({ "pk": item["pk"], "sk": item["sk"] });
                self.call("DeleteItem", &json!({ "TableName": table, "Key": key })).await;
            }
        }
    }

    async fn call(&self, operation: &str, arguments: &Value) -> Value {
        let scope = "local/20260101/us-east-1/dynamodb/aws4_request";
        let answer = self
            .http
            .post(self.world.dynamo.url())
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .header("content-type", "application/x-amz-json-1.0")
            .body(arguments.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{operation}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}
