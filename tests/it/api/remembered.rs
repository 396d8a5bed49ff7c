//! API Gateway remembers for a minute whom the authorizer let in. What happened in that minute is for
//! the API to find out.

use std::collections::HashMap;

use domain::access::{Caller, Standing};
use lambda_http::{
    Body, Request, RequestExt,
    aws_lambda_events::apigw::{ApiGatewayRequestAuthorizer, ApiGatewayV2httpRequestContext},
    http::{Method, header::CONTENT_TYPE},
    request::RequestContext,
};
use serde_json::{Value, json};

use super::Key;
use crate::world::World;

/// Somebody whom the authorizer is not asked about again.
struct Remembered<'a> {
    world: &'a World,
    caller: Caller,
}

impl Remembered<'_> {
    async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let mut context = ApiGatewayV2httpRequestContext::default();
        let mut authorizer = ApiGatewayRequestAuthorizer::default();
        let fields = self.caller.to_context().into_iter();
        authorizer.fields =
            fields.map(|(name, text)| (name, text.into())).collect::<HashMap<_, _>>();
        context.authorizer = Some(authorizer);
        let mut request = Request::new(Body::Text(body.to_string()));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        request.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
        let request = request.with_request_context(RequestContext::ApiGatewayV2(context));
        let answer = self.world.functions.api.handle(request, self.world.now()).await;
        let body = serde_json::from_slice(answer.body()).unwrap_or_default();
        (answer.status().as_u16(), body)
    }
}

/// A caller with a key that has this id.
fn holder<'a>(world: &'a World, role: &str, key: &Value) -> Remembered<'a> {
    let caller = Caller {
        subject: format!("key:{}", key.as_str().unwrap()),
        standing: Standing::named(role, (role != "operator").then_some("acme")).unwrap(),
        expires_at: None,
        per_minute: 600,
    };
    Remembered { world, caller }
}

async fn keys(of: &Key<'_>) -> usize {
    of.get("/v1/keys").await.expect(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_key_that_was_just_revoked_makes_no_other_and_ends_none() {
    let world = World::new().await;
    let operator = Key::operator(&world).await;
    let acmes = Key::operator(&world).await.acting_for("acme");
    for (owner, role) in [(&acmes, "admin"), (&operator, "operator")] {
        let new = json!({ "name": "leaked", "role": role });
        let leaked = owner.post("/v1/keys", &new).await.expect(201);
        let other = owner.post("/v1/keys", &new).await.expect(201);
        let (leaked, other) = (&leaked["id"], other["id"].as_str().unwrap());
        let holder = holder(&world, role, leaked);
        let (status, _) = holder.ask(Method::GET, "/v1/keys", &json!(null)).await;
        assert_eq!(status, 200);
        let there = keys(owner).await;
        owner.delete(&format!("/v1/keys/{}", leaked.as_str().unwrap())).await.expect(200);

        for (method, path) in [
            (Method::POST, "/v1/keys".to_owned()),
            (Method::POST, format!("/v1/keys/{other}/rotate")),
            (Method::DELETE, format!("/v1/keys/{other}")),
        ] {
            let body = if path == "/v1/keys" { new.clone() } else { json!({}) };
            let (status, answer) = holder.ask(method.clone(), &path, &body).await;
            assert_eq!((status, &answer["code"]), (401, &json!("UNAUTHENTICATED")), "{path}");
        }
        assert_eq!(keys(owner).await, there);
        let shown = owner.get(&format!("/v1/keys/{other}")).await.expect(200);
        assert_eq!(shown["state"], "active");
    }
    world.settle().await;
}

#[tokio::test]
async fn who_belongs_to_a_tenant_that_is_gone_gets_nothing() {
    let world = World::new().await;
    let signed_in = |tenant: &str| Remembered {
        world: &world,
        caller: Caller {
            subject: "oidc:anna".to_owned(),
            standing: Standing::named("admin", Some(tenant)).unwrap(),
            expires_at: None,
            per_minute: 600,
        },
    };
    let new = json!({ "phone": "+12125550177", "reason": "asked" });
    let asks = [
        (Method::GET, "/v1/tenant"),
        (Method::GET, "/v1/opt-outs"),
        (Method::POST, "/v1/opt-outs"),
        (Method::GET, "/v1/me"),
    ];
    let anna = signed_in("acme");
    let operator = Key::operator(&world).await;
    operator.post("/v1/tenants/acme/suspend", &json!({ "reason": "left" })).await.expect(200);
    let (status, _) = anna.ask(Method::GET, "/v1/tenant", &json!(null)).await;
    assert_eq!(status, 200, "who is suspended may look");
    operator.delete("/v1/tenants/acme").await.expect(200);

    let nobodys = signed_in("nobody");
    for who in [&anna, &nobodys] {
        for (method, path) in &asks {
            let (status, answer) = who.ask(method.clone(), path, &new).await;
            assert_eq!((status, &answer["code"]), (404, &json!("NOT_FOUND")), "{method} {path}");
        }
    }
    let acmes = Key::operator(&world).await.acting_for("acme");
    assert_eq!(acmes.get("/v1/opt-outs").await.expect(200)["items"], json!([]));
    world.settle().await;
}
