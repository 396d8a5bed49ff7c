//! `/webhook/…`, as Aloware calls its API.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    routing::{get, post},
};
use serde_json::json;

use super::{Account, request};
use crate::sims::server::Answer;

type Sim = State<Arc<Account>>;
type Asked = Query<HashMap<String, String>>;

pub(super) fn routes() -> Router<Arc<Account>> {
    Router::new()
        .route("/webhook/forms", post(upsert))
        .route("/webhook/sms-gateway/send", post(send))
        .route("/webhook/contact/phone-number", get(find))
        .route("/webhook/users", get(users))
}

async fn upsert(State(sim): Sim, body: Bytes) -> Answer {
    sim.call("upsert_contact", || {
        let mut fields = request::read(&body)?;
        sim.authorise(request::text(&fields, "api_token"))?;
        let phone = request::phone(request::text(&fields, "phone_number"))?;
        fields.remove("api_token");
        sim.books().contacts.entry(phone).or_default().extend(fields);
        Ok(Answer::new(200, json!({ "message": "The contact was saved." })))
    })
    .await
}

async fn send(State(sim): Sim, body: Bytes) -> Answer {
    sim.call("send", || {
        let fields = request::read(&body)?;
        sim.authorise(request::text(&fields, "api_token"))?;
        let text = request::wanted(&fields)?;
        sim.books().sent.push(text);
        Ok(Answer::new(200, json!({ "message": "The message was sent." })))
    })
    .await
}

async fn find(State(sim): Sim, Query(asked): Asked) -> Answer {
    sim.call("find_contact", || {
        let asked = |name| asked.get(name).map(String::as_str);
        sim.authorise(asked("api_token"))?;
        let phone = request::phone(asked("phone_number"))?;
        let books = sim.books();
        let contact = books.contacts.get(&phone);
        let nobody = || Answer::new(404, json!({ "error": "Contact not found." }));
        contact.map(|it| Answer::new(200, json!(it))).ok_or_else(nobody)
    })
    .await
}

async fn users(State(sim): Sim, Query(asked): Asked) -> Answer {
    sim.call("users", || {
        sim.authorise(asked.get("api_token").map(String::as_str))?;
        Ok(Answer::new(200, json!([])))
    })
    .await
}
