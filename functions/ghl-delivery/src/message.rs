//! From GoHighLevel's message to ours.

use aws::RouteTo;
use domain::{
    event::{Outcome, RawBody, Stage, WebhookEvent},
    failure::{Failure, Reason},
    heard::Heard,
    ids::{ConversationId, EventId, MessageId, TenantId},
    message::{Message, Purpose, REPLY_KEEPS},
    phone::{InvalidPhoneNumber, PhoneNumber, Region},
    segments::{Limits, TooLong},
    text::{MEDIA_LIMIT, MediaUrl},
};
use ghl::webhook::{ProviderMessage, TextKind};
use jiff::Timestamp;

/// Why a message cannot be sent, whoever carries it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSendable {
    #[error("the contact has no telephone number")]
    NoPhone,
    #[error("the contact's telephone number is not usable: {0}")]
    Phone(InvalidPhoneNumber),
    #[error("the message is empty")]
    Empty,
    #[error("{0}")]
    TooLong(TooLong),
    #[error("an attachment is not an https address, or there are more than ten")]
    Media,
}

impl NotSendable {
    pub(crate) fn failure(&self) -> Failure {
        let (reason, code) = match self {
            Self::NoPhone => (Reason::InvalidNumber, "no_phone"),
            Self::Phone(_) => (Reason::InvalidNumber, "invalid_phone"),
            Self::Empty => (Reason::InvalidMessage, "empty"),
            Self::TooLong(_) => (Reason::InvalidMessage, "too_long"),
            Self::Media => (Reason::InvalidMessage, "media"),
        };
        Failure::new(reason, code)
    }
}

/// Whether the message is for a phone. Internal comments and e-mails never are.
pub(crate) fn is_text(wanted: &ProviderMessage) -> bool {
    match wanted.kind {
        TextKind::Sms | TextKind::Custom => true,
        TextKind::Email | TextKind::Other(_) => false,
    }
}

/// Whom it is for, where that can be read.
pub(crate) fn conversation(tenant: &TenantId, wanted: &ProviderMessage) -> Option<ConversationId> {
    let phone = phone(wanted).ok()?;
    Some(ConversationId::with(tenant, &phone))
}

/// GoHighLevel stores numbers in E.164; what it does not is national to the location.
fn phone(wanted: &ProviderMessage) -> Result<PhoneNumber, NotSendable> {
    let phone = wanted.phone.as_deref().ok_or(NotSendable::NoPhone)?;
    PhoneNumber::parse(phone, Some(Region::US)).map_err(NotSendable::Phone)
}

/// The message to send. Its id follows from GoHighLevel's, so that a repeated delivery is the same
/// message.
pub(crate) fn outgoing(
    tenant: &TenantId,
    wanted: &ProviderMessage,
    now: Timestamp,
) -> Result<Message, NotSendable> {
    let phone = phone(wanted)?;
    let media = media(wanted)?;
    if wanted.text.is_empty() && media.is_empty() {
        return Err(NotSendable::Empty);
    }
    Limits::USUAL.check(wanted.text.as_str()).map_err(NotSendable::TooLong)?;

    let id = MessageId::from_crm(tenant, &wanted.message);
    let text = wanted.text.clone();
    let message = Message::outgoing(id, tenant, Purpose::Reply, phone, text, now);
    Ok(Message {
        media,
        send_by: now.checked_add(REPLY_KEEPS).ok(),
        crm_message: Some(wanted.message.clone()),
        crm_contact: wanted.contact.clone(),
        ..message
    })
}

fn media(wanted: &ProviderMessage) -> Result<Vec<MediaUrl>, NotSendable> {
    if wanted.attachments.len() > MEDIA_LIMIT {
        return Err(NotSendable::Media);
    }
    let urls = wanted.attachments.iter().map(|url| MediaUrl::parse(url));
    urls.collect::<Result<_, _>>().map_err(|_| NotSendable::Media)
}

/// The delivery as it came, kept for whoever asks why something was sent. Its work is the message.
pub(crate) fn event(
    route: &RouteTo,
    wanted: &ProviderMessage,
    body: &[u8],
    now: Timestamp,
) -> WebhookEvent {
    WebhookEvent {
        id: EventId::of_delivery(&route.tenant, &route.integration, &wanted.message),
        integration: route.integration.clone(),
        received_at: now,
        heard: Heard::message_to_send(),
        raw: RawBody::new(body),
        keyword: None,
        is_answered: false,
        stage: Stage::Done { at: now, outcome: Outcome::Applied },
        claims: 0,
        deferrals: 0,
        parked: None,
        due: None,
    }
}
