//! What trying something again would do, and what it is about.

use aws::Waiting;
use domain::{
    delivery::Delivery,
    event::Stage,
    heard::Heard,
    ids::{ConversationId, TenantId},
    integration::{Integration, Provider},
    message::Message,
    quarantine::Effect,
};
use jiff::Timestamp;

const NOT_REPEATABLE: &str = "Its carrier cannot tell a repetition from a second text. Look it up \
    there, and discard it here.";

const FORGOTTEN: &str = "Its carrier has forgotten our key by then: it could be sent twice.";

/// What trying it again at `due` would do, or why it cannot be. Takes the tenant's integrations.
pub(crate) fn would(
    due: Timestamp,
    waiting: &Waiting,
    integrations: &[Integration],
) -> Result<Vec<Effect>, &'static str> {
    match waiting {
        Waiting::Event(row) => {
            let effects = row.body.effects();
            if effects.is_empty() {
                return Err("There is nothing to be done about it: it cannot be read.");
            }
            Ok(effects)
        }
        Waiting::Message(row) => {
            let is_in_time = row.body.repeatable_until().is_none_or(|until| until > due);
            match row.body.delivery {
                Delivery::InDoubt { .. } if !knows_repetitions(&row.body, integrations) => {
                    Err(NOT_REPEATABLE)
                }
                Delivery::Queued { .. } | Delivery::InDoubt { .. } if is_in_time => {
                    Ok(vec![Effect::SendText])
                }
                Delivery::Queued { .. } | Delivery::InDoubt { .. } => Err(FORGOTTEN),
                _ => Err("It does not wait."),
            }
        }
        Waiting::Telling(_) => Ok(vec![Effect::TellStatus]),
        Waiting::Standing(_) | Waiting::Copy(_) => Err("It goes on by itself."),
    }
}

/// Whether its carrier takes a send with our key that it had before for the same send.
fn knows_repetitions(message: &Message, integrations: &[Integration]) -> bool {
    let Some(route) = &message.route else { return false };
    let channel = integrations.iter().find(|it| it.id == route.channel);
    channel.is_some_and(|it| match it.provider {
        Provider::Texting => true,
        Provider::Twilio | Provider::Telnyx | Provider::Aloware | Provider::Ghl => false,
    })
}

pub(crate) fn about(tenant: &TenantId, waiting: &Waiting) -> (Option<String>, Option<String>) {
    match waiting {
        Waiting::Event(row) => {
            let conversation = match &row.body.heard {
                Heard::Text(text) => Some(ConversationId::with(tenant, &text.from).to_string()),
                Heard::Report(_)
                | Heard::Crm(_)
                | Heard::Ignored { .. }
                | Heard::Unusable { .. } => None,
            };
            (conversation, Some(row.body.integration.to_string()))
        }
        Waiting::Message(row) => {
            let integration = row.body.route.as_ref().map(|it| it.channel.to_string());
            (Some(row.body.conversation.to_string()), integration)
        }
        Waiting::Telling(row) => (row.body.conversation.as_ref().map(ToString::to_string), None),
        Waiting::Standing(_) => (None, None),
        Waiting::Copy(row) => {
            let conversation = ConversationId::with(tenant, &row.body.phone).to_string();
            (Some(conversation), Some(row.body.integration.to_string()))
        }
    }
}

/// Whether it waits at all.
pub(crate) fn waits(waiting: &Waiting) -> bool {
    match waiting {
        Waiting::Event(row) => {
            let is_parked = row.body.parked.is_some() && !row.body.is_finished();
            is_parked || matches!(row.body.stage, Stage::Quarantined { .. })
        }
        Waiting::Message(row) => {
            let is_queued = matches!(row.body.delivery, Delivery::Queued { .. });
            let is_in_doubt = matches!(row.body.delivery, Delivery::InDoubt { .. });
            let is_erased = row.body.erased_at.is_some();
            !is_erased && (is_in_doubt || is_queued && row.body.parked.is_some())
        }
        Waiting::Telling(row) => row.body.given_up.is_some() || row.body.parked.is_some(),
        Waiting::Standing(row) => row.body.parked.is_some(),
        Waiting::Copy(row) => row.body.parked.is_some(),
    }
}
