//! An integration that somebody consented to: how fresh its token is, and what is left to do for a
//! person. The token itself is never shown.

use aws::Asked;
use domain::{
    event::WebhookEvent,
    integration::{Integration, Provider},
    token::{Stage, TokenState},
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::create;
use crate::{
    asking::Member,
    problem::{Fault, Problem},
    trial,
};

const AUTH: &str = "auth";
const BY_CONSENT: &str = "oauth";
const BY_TOKEN: &str = "token";

/// Deliveries among which one of the reinstalled app is looked for, the newest first: so many pages
/// of so many. Where much is told and no agent writes, nobody can say whether one could.
const DELIVERIES: i32 = 100;
const PAGES: u32 = 10;

/// Deliveries are kept for a month, so nobody knows of those before.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How fresh a token is that somebody consented to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    /// `good`; `being_renewed`; `suspended`, while the location is not active at GoHighLevel; or
    /// `lost`, until somebody consents again.
    #[schema(example = "good")]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

/// What there is to say of an integration that somebody consented to.
#[derive(Debug)]
pub(crate) struct Consent {
    pub(crate) token: TokenView,
    pub(crate) advice: Option<&'static str>,
}

pub(crate) fn is_given(integration: &Integration) -> bool {
    integration.provider == Provider::Ghl && auth(&integration.settings) == BY_CONSENT
}

/// Nothing for an integration whose token was pasted, or that has none.
pub(crate) async fn of(
    member: &Member,
    integration: &Integration,
) -> Result<Option<Consent>, Problem> {
    if !is_given(integration) {
        return Ok(None);
    }
    let pair = member.scope().tokens(&integration.id).await?.map(|row| row.body);
    let is_whole = pair.as_ref().is_none_or(|it| it.missing.is_empty());
    let tokens = pair.map(|it| it.state);
    let state = state(tokens.as_ref(), member.now());
    let advice = match state {
        "lost" => Some("Make a link with POST /v1/crm/links, and open it."),
        "suspended" => Some(
            "Have the location activated in GoHighLevel, and test the integration: then it is asked \
             for at once. It is once a day, too, and goes on by itself.",
        ),
        _ if !is_whole => Some(
            "Add the missing scopes to the app's version in the developer portal. Then make a link \
             with POST /v1/crm/links, and open it.",
        ),
        _ if has_forgotten_us(member, integration).await? => Some(
            "Choose the SMS provider again: Settings > Phone Numbers > Advanced Settings > SMS \
             Provider.",
        ),
        _ => None,
    };
    let expires_at = tokens.map(|it| it.expires_at.to_string());
    Ok(Some(Consent { token: TokenView { state, expires_at }, advice }))
}

fn state(tokens: Option<&TokenState>, now: Timestamp) -> &'static str {
    match tokens.map(|it| (&it.stage, it.expires_at)) {
        None | Some((Stage::Lost { .. }, _)) => "lost",
        Some((Stage::Suspended { .. }, _)) => "suspended",
        Some((Stage::Good, until)) if now < until => "good",
        Some((Stage::Good | Stage::Refreshing { .. }, _)) => "being_renewed",
    }
}

/// Whether the app was installed again, and nothing that an agent wrote has come since: GoHighLevel
/// forgets which SMS provider was chosen. A provider beside the location's own is not chosen.
async fn has_forgotten_us(member: &Member, integration: &Integration) -> Result<bool, Problem> {
    let Some(location) = create::location(integration)? else { return Ok(false) };
    let install = member.deps.store.install(&location).await?.map(|row| row.body.install);
    let is_chosen = integration.settings["provider"]["kind"] == "default";
    let back = install.filter(|_| is_chosen).and_then(|it| it.forgotten_since());
    let Some(since) = back else { return Ok(false) };
    if member.now().duration_since(since) > REMEMBERED {
        return Ok(false);
    }
    Ok(!has_heard_from_agents(member, integration, since).await?)
}

async fn has_heard_from_agents(
    member: &Member,
    integration: &Integration,
    since: Timestamp,
) -> Result<bool, Problem> {
    let mut after = None;
    for _ in 0..PAGES {
        let asked = Asked::newest(DELIVERIES).after(after);
        let page = member.scope().events(&integration.id, asked).await?;
        let is_after = |it: &&WebhookEvent| it.received_at > since;
        if page.items.iter().filter(is_after).any(|it| it.heard.is_message_to_send()) {
            return Ok(true);
        }
        after = page.next;
        if after.is_none() || page.items.iter().any(|it| it.received_at <= since) {
            break;
        }
    }
    Ok(false)
}

/// Refuses settings by which somebody says themselves how the token comes.
pub(crate) fn not_by_hand(before: &Value, new: &Map<String, Value>) -> Result<(), Problem> {
    let Some(wanted) = new.get(AUTH) else { return Ok(()) };
    let is_same = wanted.as_str().unwrap_or(BY_TOKEN) == auth(before);
    if is_same {
        return Ok(());
    }
    let message = "the connection says this: make a link with POST /v1/crm/links, and open it";
    let path = format!("/settings/{AUTH}");
    Err(trial::wrong(vec![Fault { path, message: message.to_owned() }]))
}

/// A token of GoHighLevel's that is renewed by itself is not put in its place by hand.
pub(crate) fn not_rotated(
    integration: &Integration,
    new: &Map<String, Value>,
) -> Result<(), Problem> {
    if !is_given(integration) || !new.contains_key("access_token") {
        return Ok(());
    }
    let detail = "Somebody consented to this connection, and its token renews itself. If it is \
                  lost, make a link with POST /v1/crm/links, and open it.";
    Err(Problem::state(detail))
}

fn auth(settings: &Value) -> &str {
    settings[AUTH].as_str().unwrap_or(BY_TOKEN)
}

#[cfg(test)]
mod tests {
    use domain::token::Happening;
    use serde_json::json;

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    #[test]
    fn a_token_is_as_fresh_as_its_stage_says() {
        let later = NOON + jiff::SignedDuration::from_hours(24);
        let good = TokenState::issued(NOON, later);
        for (happening, expected) in [
            (Happening::Asked, "being_renewed"),
            (Happening::NotActive, "suspended"),
            (Happening::Refused, "lost"),
            (Happening::Renewed { expires_at: later }, "good"),
        ] {
            assert_eq!(state(Some(&good.step(happening, NOON)), NOON), expected);
        }
        assert_eq!(state(Some(&good), later), "being_renewed");
        assert_eq!(state(None, NOON), "lost");
    }

    #[test]
    fn how_the_token_comes_is_not_said_by_hand() {
        let said = |before: Value, new: Value| {
            not_by_hand(&before, new.as_object().unwrap()).map_err(|it| it.faults[0].path.clone())
        };
        for same in [json!({}), json!({ "auth": "token" }), json!({ "auth": null })] {
            said(json!({}), same).unwrap();
        }
        said(json!({ "auth": "oauth" }), json!({ "auth": "oauth" })).unwrap();
        for (before, new) in
            [("token", json!("oauth")), ("oauth", json!("token")), ("oauth", Value::Null)]
        {
            let refused = said(json!({ "auth": before }), json!({ "auth": new }));
            assert_eq!(refused.unwrap_err(), "/settings/auth");
        }
    }
}
