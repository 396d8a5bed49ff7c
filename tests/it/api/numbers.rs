//! The tenant's numbers, changed through the API.

use reqwest::Method;
use serde_json::json;

use super::Key;
use crate::world::World;

#[tokio::test]
async fn a_change_of_a_number_that_is_not_there_makes_none() {
    let world = World::new().await;
    let admin = Key::of(&world, "acme", "admin").await;
    let wanted = json!({ "number": "+14155550177", "integration": "acme-twilio" });
    let put = async |headers: &[(&str, &str)]| {
        admin.ask(Method::PUT, "/v1/numbers", Some(&wanted), headers).await
    };
    for version in ["\"v1\"", "*"] {
        put(&[("if-match", version)]).await.refused(412, "VERSION_MISMATCH");
    }
    let listed = admin.get("/v1/numbers").await.expect(200);
    assert!(!listed.to_string().contains("+14155550177"), "{listed}");

    let made = put(&[]).await;
    let tag = made.header("etag").to_owned();
    made.expect(200);
    put(&[("if-match", &tag)]).await.expect(200);
    put(&[("if-match", &tag)]).await.refused(412, "VERSION_MISMATCH");
    world.settle().await;
}
