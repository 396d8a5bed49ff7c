//! The consent ledger: who agreed to be texted or no longer did, when, how, and in which words. Lines
//! are added and never changed.

use std::{net::IpAddr, sync::Arc};

use aws::Order;
use axum::{Json, http::StatusCode};
use domain::consent::{Act, ConsentEntry, Source};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{opt_outs::phone, tenants::done, tenants::text};
use crate::{
    Deps,
    asking::{Agent, Member, Reader},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Problem, parsed},
    read::{Input, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_consents, add_consent))
}

/// One line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsentView {
    phone: String,
    at: String,
    /// `granted`, `revoked`, or `grant_refused`: they asked to be texted again and were not.
    act: String,
    source: String,
    /// The person's own words, or the words that they agreed to, or a carrier's code.
    wording: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The delivery that told us.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewConsent {
    #[schema(example = "+12125550123", format = "phone")]
    pub(crate) phone: String,
    /// Where they agreed: `web_form`, `paper`, `telephone`, `in_person`, or your own word.
    #[schema(example = "web_form", min_length = 1, max_length = 40, pattern = r"\S")]
    pub(crate) channel: String,
    /// The words that they agreed to.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    pub(crate) wording: String,
    /// The address that a web form was sent from.
    #[schema(example = "203.0.113.7", format = "ip")]
    pub(crate) ip: Option<String>,
    /// When they agreed. Now, if nothing is said.
    #[schema(format = DateTime)]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only of this number.
    #[param(format = "phone")]
    phone: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i32>,
    cursor: Option<String>,
}

pub(crate) fn view(entry: &ConsentEntry) -> ConsentView {
    ConsentView {
        phone: entry.phone.as_str().to_owned(),
        at: entry.at.to_string(),
        act: entry.act.to_string(),
        source: entry.source.to_string(),
        wording: entry.wording.clone(),
        channel: entry.channel.clone(),
        ip: entry.ip.clone(),
        recorded_by: entry.recorded_by.clone(),
        reason: entry.reason.clone(),
        event: entry.event.as_ref().map(ToString::to_string),
    }
}

/// The ledger, the latest first
#[utoipa::path(
    get, path = "/v1/consents", tag = "Consent", params(Wanted),
    responses((status = 200, body = Listed<ConsentView>), Refusals)
)]
async fn list_consents(
    member: Reader,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<ConsentView>>, Problem> {
    let params = PageParams { limit: wanted.limit, cursor: wanted.cursor };
    let (list, page) = if let Some(number) = &wanted.phone {
        let phone = phone("phone", number)?;
        let list = format!("consents#{}", phone.as_str());
        let asked = params.asked(&member, &list, Order::NewestFirst).await?;
        (list, member.scope().consent_history(&phone, asked).await?)
    } else {
        let asked = params.asked(&member, "consents", Order::NewestFirst).await?;
        ("consents".to_owned(), member.scope().consents(asked).await?)
    };
    Ok(Json(listed(&member, &list, page, |it| view(&it)).await?))
}

/// Writes down that a person agreed to be texted
///
/// This lifts no opt-out: see `POST /v1/opt-outs/lift`. That somebody revoked is written by opting
/// them out.
#[utoipa::path(
    post, path = "/v1/consents", tag = "Consent", request_body = NewConsent,
    params(crate::openapi::OnceHeader),
    responses((status = 201, body = ConsentView), ChangeRefusals)
)]
async fn add_consent(
    member: Agent,
    Input(new): Input<NewConsent>,
) -> Result<(StatusCode, Json<ConsentView>), Problem> {
    let entry = entry(&member, "", &new)?;
    let conversation = domain::ids::ConversationId::with(&member.tenant, &entry.phone);
    let mut audit = member.audit("consent.add", &conversation);
    audit.after = line(&entry);
    let transaction = member.scope().transaction().add_consent(&entry, &member.seed()?);
    done(&transaction.audit(&audit).commit().await?)?;
    Ok((StatusCode::CREATED, Json(view(&entry))))
}

/// The line without the person: the audit log names nobody.
fn line(entry: &ConsentEntry) -> Value {
    json!({ "act": entry.act, "source": entry.source, "channel": entry.channel, "at": entry.at })
}

/// The line for what was given in the body, or in a part of it.
pub(crate) fn entry(
    member: &Member,
    part: &str,
    new: &NewConsent,
) -> Result<ConsentEntry, Problem> {
    let place = |name: &str| format!("{part}/{name}");
    let at = match &new.at {
        Some(at) => past(&place("at"), at, member.now())?,
        None => member.first_asked(),
    };
    let ip: Option<IpAddr> = match &new.ip {
        Some(ip) => Some(parsed(&place("ip"), ip.parse().map_err(|_| "it is no IP address"))?),
        None => None,
    };
    let wording = text(&place("wording"), &new.wording, 2000)?;
    let phone = phone("/phone", &new.phone)?;
    Ok(ConsentEntry {
        channel: Some(text(&place("channel"), &new.channel, 40)?),
        ip: ip.map(|it| it.to_string()),
        recorded_by: Some(member.asking.caller.subject.clone()),
        ..ConsentEntry::new(phone, Act::Granted, Source::Api, wording, at)
    })
}

fn past(path: &str, given: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let at: Option<Timestamp> = given.parse().ok();
    let at = parsed(path, at.ok_or("it is a time such as 2026-01-31T17:00:00Z"))?;
    if at > now || at.as_second() < 0 {
        return Err(Problem::at(path, "it is a time between 1970 and now"));
    }
    Ok(at)
}
