//! The Messages resource: send, list, fetch. And the account itself, which tells whether somebody may
//! use it.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::HeaderMap,
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Twilio, errors, request};
use crate::sims::{
    carrier::{Carrier, Text, checks::authorization},
    server::Answer,
};

type Sim = State<Arc<Carrier<Twilio>>>;

pub(super) fn routes() -> Router<Arc<Carrier<Twilio>>> {
    Router::new()
        .route("/2010-04-01/Accounts/{file}", get(account))
        .route("/2010-04-01/Accounts/{account}/Messages.json", post(send).get(list))
        .route("/2010-04-01/Accounts/{account}/Messages/{file}", get(fetch))
}

async fn account(State(sim): Sim, Path(file): Path<String>, headers: HeaderMap) -> Answer {
    sim.call("account", || {
        let sid = file.strip_suffix(".json").ok_or_else(|| errors::usual(404))?;
        sim.vendor.authorise(sid, &headers)?;
        Ok(Answer::new(200, json!({ "sid": sid, "status": "active", "type": "Full" })))
    })
    .await
}

async fn send(
    State(sim): Sim,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    sim.call("send", || {
        sim.vendor.authorise(&account, &headers)?;
        let text = sim.accept(request::read(&body)?)?;
        let as_accepted = Text { steps: Vec::new(), ..text };
        Ok(Answer::new(201, sim.vendor.resource(&as_accepted)))
    })
    .await
}

async fn fetch(
    State(sim): Sim,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    sim.call("get", || {
        sim.vendor.authorise(&account, &headers)?;
        let text = file.strip_suffix(".json").and_then(|sid| sim.text(sid));
        let text = text.ok_or_else(|| errors::usual(404))?;
        Ok(Answer::new(200, sim.vendor.resource(&text)))
    })
    .await
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    to: Option<String>,
    from: Option<String>,
    #[serde(default = "usual_page_size")]
    page_size: usize,
    #[serde(default)]
    page: usize,
}

fn usual_page_size() -> usize {
    50
}

async fn list(
    State(sim): Sim,
    Path(account): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    sim.call("list", || {
        sim.vendor.authorise(&account, &headers)?;
        let mut found: Vec<_> = sim.texts().into_iter().filter(|it| asked.takes(it)).collect();
        found.reverse(); // Twilio shows the newest first.
        Ok(Answer::new(200, sim.vendor.page(&found, &asked)))
    })
    .await
}

impl Asked {
    fn takes(&self, text: &Text) -> bool {
        self.to.as_ref().is_none_or(|it| *it == text.to)
            && self.from.as_ref().is_none_or(|it| *it == text.from)
    }

    fn uri(&self, path: &str, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("To", &self.to), ("From", &self.from)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.append_pair("PageSize", &self.page_size.to_string());
        query.append_pair("Page", &page.to_string());
        format!("{path}?{}", query.finish())
    }
}

impl Twilio {
    fn page(&self, found: &[Text], asked: &Asked) -> Value {
        let path = format!("/2010-04-01/Accounts/{}/Messages.json", self.options.account_sid);
        let size = asked.page_size.clamp(1, 1000);
        let start = asked.page * size;
        let shown: Vec<_> =
            found.iter().skip(start).take(size).map(|it| self.resource(it)).collect();
        let has_next = found.len() > start + size;
        json!({
            "end": start + shown.len().saturating_sub(1),
            "first_page_uri": asked.uri(&path, 0),
            "next_page_uri": has_next.then(|| asked.uri(&path, asked.page + 1)),
            "page": asked.page,
            "page_size": size,
            "previous_page_uri": asked.page.checked_sub(1).map(|page| asked.uri(&path, page)),
            "start": start,
            "uri": asked.uri(&path, asked.page),
            "messages": shown,
        })
    }

    /// Basic authentication with the account's token or an API key, for this account only.
    fn authorise(&self, account: &str, headers: &HeaderMap) -> Result<(), Answer> {
        let given = authorization(headers, "basic").and_then(|it| STANDARD.decode(it).ok());
        let given = given.ok_or_else(|| errors::usual(401))?;
        let by_token = (&self.options.account_sid, &self.options.auth_token);
        let by_key = self.options.api_key.as_ref().map(|(sid, secret)| (sid, secret));
        let mut known = [Some(by_token), by_key].into_iter().flatten();
        if !known.any(|(user, password)| format!("{user}:{password}").as_bytes() == given) {
            return Err(errors::usual(401));
        }
        if account != self.options.account_sid {
            return Err(errors::usual(404));
        }
        Ok(())
    }
}
