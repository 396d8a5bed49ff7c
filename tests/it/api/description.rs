//! The description of the API is a contract: it changes when somebody means it to.

use std::fs;

use super::Key;
use crate::world::World;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

/// `UPDATE_OPENAPI=1 cargo test` writes it anew. Look at what changed: callers depend on it.
#[test]
fn the_description_is_the_one_that_is_kept() {
    let now = serde_json::to_string_pretty(&api::document()).unwrap() + "\n";
    #[expect(clippy::disallowed_methods, reason = "it is how somebody says that they mean it")]
    let is_meant = std::env::var("UPDATE_OPENAPI").is_ok();
    if is_meant {
        fs::write(KEPT, &now).unwrap();
    }
    let kept = fs::read_to_string(KEPT).unwrap_or_default();
    assert!(now == kept, "the API's description has changed: UPDATE_OPENAPI=1 keeps the new one");
}

#[tokio::test]
async fn anybody_may_read_the_description() {
    let world = World::new().await;
    let url = format!("{}/openapi.json", world.origin);
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    let found: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(found["openapi"], "3.1.0");
    assert_eq!(found, serde_json::to_value(api::document()).unwrap());
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be_done_there_are_told_apart() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    admin.get("/v1/nothing").await.refused(404, "NOT_FOUND");
    admin.delete("/v1/messages").await.refused(405, "METHOD_NOT_ALLOWED");
    world.settle().await;
}
