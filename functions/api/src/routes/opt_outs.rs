//! The opt-out registry. Telephone numbers are in bodies and queries, never in a path: paths are
//! logged.

use std::sync::Arc;

use aws::{Asked, Commit, Order, Row};
use axum::{Json, http::StatusCode};
use domain::{
    consent::{Act, ConsentEntry, OptOut, Source, is_own_word},
    ids::ConversationId,
    phone::{PhoneNumber, Region},
    sync_log::{LogEntry, LogResult, Operation},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    consents::{self, NewConsent},
    tenants::text,
};
use crate::{
    Deps,
    asking::{Admin, Agent, Member, Reader, seen},
    list::{Listed, PageParams, listed},
    openapi::{ChangeRefusals, Refusals},
    problem::{Code, Problem, parsed},
    read::{Input, Params, object},
};

pub(crate) fn routes() -> OpenApiRouter<Arc<Deps>> {
    OpenApiRouter::new().routes(routes!(list_opt_outs, add_opt_out)).routes(routes!(lift_opt_out))
}

/// Lines of a person's ledger that are read to tell who opted them out.
const LINES: i32 = 100;

/// Somebody's standing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptOutView {
    phone: String,
    /// The conversation with this phone, whether or not anything was said in it.
    conversation: String,
    opted_out: bool,
    /// Who told us: `texting` (the person, by a text), `ghl`, `manual`, `carrier` or `api`.
    source: String,
    since: String,
    /// Whether GoHighLevel has been told of it.
    crm_told: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneAndReason {
    #[schema(example = "+12125550123", format = "phone")]
    pub(crate) phone: String,
    /// Why, for the ledger and the audit log.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", example = "asked by telephone")]
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lift {
    #[schema(example = "+12125550123", format = "phone")]
    phone: String,
    /// Why, for the ledger and the audit log.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S", example = "wrote to us")]
    reason: String,
    /// What they agreed to since they opted out. Needed if they opted out themselves.
    #[serde(default, deserialize_with = "object")]
    consent: Option<Agreed>,
}

/// That a person agreed in writing to be texted again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agreed {
    /// Where they agreed: `web_form`, `paper`, or your own word.
    #[schema(example = "web_form", min_length = 1, max_length = 40, pattern = r"\S")]
    channel: String,
    /// The words that they agreed to.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S")]
    wording: String,
    /// The address that a web form was sent from.
    #[schema(example = "203.0.113.7", format = "ip")]
    ip: Option<String>,
    /// When they agreed. Now, if nothing is said.
    #[schema(format = DateTime)]
    at: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Only this number: its standing, whatever it is.
    #[param(format = "phone")]
    phone: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<i32>,
    cursor: Option<String>,
}

pub(crate) fn view(member: &Member, standing: &OptOut) -> OptOutView {
    OptOutView {
        phone: standing.phone.as_str().to_owned(),
        conversation: ConversationId::with(&member.tenant, &standing.phone).to_string(),
        opted_out: standing.active,
        source: standing.source.to_string(),
        since: standing.since.to_string(),
        crm_told: standing.crm_told == Some(standing.active),
    }
}

/// What to say to who would text somebody who opted out.
pub(crate) fn refusal(standing: &OptOut) -> Problem {
    let detail = match standing.source {
        Source::Texting => "This person opted out by a text. START, from them, lifts it.",
        Source::Carrier => {
            "The carrier says that this person opted out. START, from them, lifts it."
        }
        Source::Ghl => {
            "Do not disturb was set for this person in GoHighLevel. START, from them, lifts it."
        }
        Source::Manual | Source::Api => {
            "This person was opted out by hand. START does not lift that; POST /v1/opt-outs/lift does."
        }
    };
    Problem::new(Code::OptedOut, detail)
}

pub(crate) fn phone(path: &str, given: &str) -> Result<PhoneNumber, Problem> {
    parsed(path, PhoneNumber::parse(given, Some(Region::US)))
}

/// Who must not be texted, the latest first
#[utoipa::path(
    get, path = "/v1/opt-outs", tag = "Consent", params(Wanted),
    responses((status = 200, body = Listed<OptOutView>), Refusals)
)]
async fn list_opt_outs(
    member: Reader,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<OptOutView>>, Problem> {
    if let Some(number) = &wanted.phone {
        let row = member.scope().opt_out(&phone("phone", number)?).await?;
        let items = row.iter().map(|it| view(&member, &it.body)).collect();
        return Ok(Json(Listed { items, next_cursor: None }));
    }
    let params = PageParams { limit: wanted.limit, cursor: wanted.cursor };
    let asked = params.asked(&member, "opt-outs", Order::NewestFirst).await?;
    let page = member.scope().opt_outs(asked).await?;
    Ok(Json(listed(&member, "opt-outs", page, |it| view(&member, &it)).await?))
}

/// Opts a person out. It counts at once, also for what is queued
#[utoipa::path(
    post, path = "/v1/opt-outs", tag = "Consent", request_body = PhoneAndReason,
    params(crate::openapi::OnceHeader),
    responses((status = 201, body = OptOutView), ChangeRefusals)
)]
async fn add_opt_out(
    member: Agent,
    Input(wanted): Input<PhoneAndReason>,
) -> Result<(StatusCode, Json<OptOutView>), Problem> {
    let phone = phone("/phone", &wanted.phone)?;
    let reason = text("/reason", &wanted.reason, 500)?;
    let row = member.scope().opt_out(&phone).await?;
    if let Some(row) = row.as_ref().filter(|it| it.body.active) {
        return Ok((StatusCode::CREATED, Json(view(&member, &row.body))));
    }
    let next = OptOut::new(phone, true, Source::Api, member.now());
    change(&member, row.as_ref(), &next, None, &reason).await?;
    Ok((StatusCode::CREATED, Json(view(&member, &next))))
}

/// Lets a person be texted again
///
/// Only with their word for it: `reason` says what they said, and when. It goes into the ledger and
/// the audit log. If they opted out themselves, by a text or with their carrier, they lift it by
/// texting START, or agree again in writing: `consent` says to what, and goes into the ledger too.
#[utoipa::path(
    post, path = "/v1/opt-outs/lift", tag = "Consent", request_body = Lift,
    params(crate::openapi::OnceHeader),
    responses((status = 200, body = OptOutView), ChangeRefusals)
)]
async fn lift_opt_out(
    member: Admin,
    Input(wanted): Input<Lift>,
) -> Result<Json<OptOutView>, Problem> {
    let phone = phone("/phone", &wanted.phone)?;
    let reason = text("/reason", &wanted.reason, 500)?;
    let consent = wanted.consent.map(|it| it.line(&member, wanted.phone)).transpose()?;
    let row = member.scope().opt_out(&phone).await?;
    let row = row.ok_or_else(|| Problem::not_found("opt-out"))?;
    if !row.body.active {
        return Ok(Json(view(&member, &row.body)));
    }
    match &consent {
        Some(line) if line.at < row.body.since => {
            return Err(Problem::at("/consent/at", "it is before they opted out"));
        }
        None if is_their_own(&member, &row.body).await? => {
            let detail = "The person opted out themselves. Have them text START, or say under \
                `consent` what they agreed to in writing since.";
            return Err(Problem::new(Code::OptedOut, detail));
        }
        Some(_) | None => {}
    }
    let next = OptOut::new(phone, false, Source::Manual, member.now()).after(Some(&row.body));
    change(&member, Some(&row), &next, consent.as_ref(), &reason).await?;
    Ok(Json(view(&member, &next)))
}

impl Agreed {
    /// The line of the ledger.
    fn line(self, member: &Member, phone: String) -> Result<ConsentEntry, Problem> {
        let Self { channel, wording, ip, at } = self;
        let new = NewConsent { phone, channel, wording, ip, at };
        consents::entry(member, "/consent", &new)
    }
}

/// Whether the person opted out themselves. Where the ledger is too long to tell, they did.
async fn is_their_own(member: &Member, standing: &OptOut) -> Result<bool, Problem> {
    if matches!(standing.source, Source::Texting | Source::Carrier) {
        return Ok(true);
    }
    let page = member.scope().consent_history(&standing.phone, Asked::newest(LINES)).await?;
    Ok(is_own_word(&page.items) || page.next.is_some())
}

/// The registry, the ledger, the sync log and the audit log change together.
async fn change(
    member: &Member,
    row: Option<&Row<OptOut>>,
    next: &OptOut,
    consent: Option<&ConsentEntry>,
    reason: &str,
) -> Result<(), Problem> {
    let (act, action) =
        if next.active { (Act::Revoked, "opt_out.add") } else { (Act::Granted, "opt_out.lift") };
    let (scope, now) = (member.scope(), member.now());
    let conversation = ConversationId::with(&member.tenant, &next.phone);
    let entry = ConsentEntry {
        channel: Some("api".to_owned()),
        recorded_by: Some(member.asking.caller.subject.clone()),
        reason: Some(reason.to_owned()),
        ..ConsentEntry::new(next.phone.clone(), act, next.source, "", now)
    };
    let log = LogEntry::new(now, Operation::OptOut, &conversation, LogResult::Success)
        .about(&conversation);
    let mut audit = member.audit(action, &conversation);
    audit.before = row.map(|it| seen(&it.body.active)).unwrap_or_default();
    audit.after = seen(&next.active);
    audit.reason = Some(reason.to_owned());
    let mut transaction = scope.transaction();
    if let Some(consent) = consent {
        let cause = format!("{}:consent", member.asking.request);
        transaction = transaction.add_consent(consent, &cause);
    }
    let transaction = transaction
        .set_opt_out(row, next)
        .add_consent(&entry, &member.asking.request)
        .log(&log)
        .audit(&audit);
    match transaction.commit().await? {
        Commit::Done => {
            member.deps.queues.reports.offer(&next.job(&member.tenant), now).await;
            Ok(())
        }
        Commit::Refused(_) => Err(Problem::changed()),
    }
}
