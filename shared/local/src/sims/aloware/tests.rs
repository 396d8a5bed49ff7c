//! The simulator, as its callers see it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{AlowareSim, Options};
use crate::sims::server::client;

const ANNA: &str = "+12125550123";

async fn post(sim: &AlowareSim, path: &str, body: &Value) -> u16 {
    let http = client(Duration::from_secs(2)).unwrap();
    let url = format!("{}{path}", sim.base_url());
    http.post(url).json(body).send().await.unwrap().status().as_u16()
}

async fn get(sim: &AlowareSim, path: &str, token: &str) -> u16 {
    let http = client(Duration::from_secs(2)).unwrap();
    let url = format!("{}{path}", sim.base_url());
    let asked = [("api_token", token), ("phone_number", ANNA)];
    http.get(url).query(&asked).send().await.unwrap().status().as_u16()
}

async fn start() -> (AlowareSim, String) {
    let options = Options::new(0);
    let token = options.api_token.clone();
    (AlowareSim::start(options).await.unwrap(), token)
}

#[tokio::test]
async fn a_contact_is_one_however_often_it_is_told() {
    let (sim, token) = start().await;
    assert_eq!(get(&sim, "/webhook/contact/phone-number", &token).await, 404);
    for name in ["Ana", "Anna"] {
        let body = json!({ "api_token": token, "phone_number": ANNA, "first_name": name });
        assert_eq!(post(&sim, "/webhook/forms", &body).await, 200);
    }

    assert_eq!(get(&sim, "/webhook/contact/phone-number", &token).await, 200);
    let contact = sim.contact(ANNA).unwrap();
    assert_eq!((sim.contacts(), &contact["first_name"]), (1, &json!("Anna")));
    assert_eq!(contact.get("api_token"), None);
}

#[tokio::test]
async fn a_text_that_is_not_whole_is_refused() {
    let (sim, token) = start().await;
    let whole =
        json!({ "api_token": token, "from": "+14155550104", "to": ANNA, "message": "hello" });
    let with = |name: &str, value: Value| {
        let mut body = whole.clone();
        body[name] = value;
        body
    };
    for body in [
        with("to", json!("2125550123")),
        with("from", json!("acme")),
        with("line_id", json!(7)),
        with("message", json!("")),
        with("message", json!("x".repeat(161))),
        with("image_url", json!("a.png")),
    ] {
        assert_eq!(post(&sim, "/webhook/sms-gateway/send", &body).await, 400, "{body}");
    }
    assert_eq!(post(&sim, "/webhook/sms-gateway/send", &whole).await, 200);
    assert_eq!(sim.sent().len(), 1);
    assert_eq!(sim.calls("send"), 7);
}

#[tokio::test]
async fn without_the_token_nothing_happens() {
    let (sim, token) = start().await;
    for path in ["/webhook/forms", "/webhook/sms-gateway/send"] {
        let body = json!({ "api_token": "guessed", "phone_number": ANNA });
        assert_eq!(post(&sim, path, &body).await, 401, "{path}");
    }
    for path in ["/webhook/contact/phone-number", "/webhook/users"] {
        assert_eq!(get(&sim, path, "guessed").await, 401, "{path}");
    }
    assert_eq!(get(&sim, "/webhook/users", &token).await, 200);
    assert_eq!((sim.contacts(), sim.sent().len()), (0, 0));
}
