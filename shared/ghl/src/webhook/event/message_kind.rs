//! What sort of message it is. GoHighLevel says so in up to three ways, which do not always agree.

use serde::{Deserialize, Serialize};

use crate::fields::Fields;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum MessageKind {
    /// A text in the channel of the location's SMS provider.
    Sms,
    /// A text in the channel of an additional provider.
    Custom,
    Email,
    WhatsApp,
    /// Or a voicemail.
    Call,
    /// Agents talking among themselves.
    InternalComment,
    /// A note that something happened.
    Activity,
    /// Something else, or newer than this program.
    Other(String),
}

impl MessageKind {
    /// The more precise word comes first. But what one of them says is not for the contact is not.
    pub(super) fn read(fields: Fields<'_>) -> Self {
        let named = [
            fields.text("messageTypeString"),
            fields.number("messageTypeId").map(by_number),
            fields.text("messageType"),
        ];
        let mut kinds: Vec<Self> = named.into_iter().flatten().collect();
        let most_telling = kinds
            .iter()
            .position(Self::is_internal)
            .or_else(|| kinds.iter().position(Self::is_known))
            .or_else(|| kinds.len().checked_sub(1));
        most_telling.map_or_else(|| Self::Other(String::new()), |at| kinds.swap_remove(at))
    }

    /// Whether it is a text, the only thing that may go to a phone.
    pub fn is_text(&self) -> bool {
        match self {
            Self::Sms | Self::Custom => true,
            Self::Email
            | Self::WhatsApp
            | Self::Call
            | Self::InternalComment
            | Self::Activity
            | Self::Other(_) => false,
        }
    }

    fn is_internal(&self) -> bool {
        matches!(self, Self::InternalComment | Self::Activity)
    }

    fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }
}

/// The numbers that were found out, as far as they mean something to us.
fn by_number(number: u64) -> MessageKind {
    match number {
        2 | 4 | 6 | 7 | 14 => MessageKind::Sms,
        20 | 22 => MessageKind::Custom,
        3 | 9 | 21 | 23 => MessageKind::Email,
        19 => MessageKind::WhatsApp,
        1 | 8 | 10 | 13 | 24 | 34 => MessageKind::Call,
        25..=28 | 31 | 38 => MessageKind::Activity,
        37 => MessageKind::InternalComment,
        _ => MessageKind::Other(number.to_string()),
    }
}

impl From<String> for MessageKind {
    fn from(name: String) -> Self {
        let plain = name.to_ascii_uppercase().replace('_', "");
        match plain.strip_prefix("TYPE").unwrap_or(&plain) {
            "SMS" | "SMSREVIEWREQUEST" | "SMSNOSHOWREQUEST" | "CAMPAIGNSMS"
            | "CAMPAIGNMANUALSMS" => Self::Sms,
            "CUSTOM" | "CUSTOMSMS" | "CUSTOMPROVIDERSMS" => Self::Custom,
            "EMAIL" | "CAMPAIGNEMAIL" | "CUSTOMEMAIL" | "CUSTOMPROVIDEREMAIL" => Self::Email,
            "WHATSAPP" => Self::WhatsApp,
            "CALL" | "CAMPAIGNCALL" | "CAMPAIGNMANUALCALL" | "IVRCALL" | "CUSTOMCALL"
            | "VOICEMAIL" | "CAMPAIGNVOICEMAIL" => Self::Call,
            "INTERNALCOMMENT" => Self::InternalComment,
            activity if activity.starts_with("ACTIVITY") => Self::Activity,
            _ => Self::Other(name),
        }
    }
}

impl From<MessageKind> for String {
    fn from(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Sms => "SMS".to_owned(),
            MessageKind::Custom => "Custom".to_owned(),
            MessageKind::Email => "Email".to_owned(),
            MessageKind::WhatsApp => "WhatsApp".to_owned(),
            MessageKind::Call => "Call".to_owned(),
            MessageKind::InternalComment => "InternalComment".to_owned(),
            MessageKind::Activity => "Activity".to_owned(),
            MessageKind::Other(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_most_telling_word_counts() {
        for (message, kind) in [
            (json!({ "messageType": "SMS" }), MessageKind::Sms),
            (json!({ "messageType": "sms", "messageTypeId": 2 }), MessageKind::Sms),
            (json!({ "messageType": "Custom", "messageTypeId": 22 }), MessageKind::Custom),
            (
                json!({ "messageType": "Custom", "messageTypeString": "TYPE_CUSTOM_PROVIDER_EMAIL" }),
                MessageKind::Email,
            ),
            (
                json!({ "messageType": "SMS", "messageTypeString": "TYPE_ACTIVITY_CONTACT" }),
                MessageKind::Activity,
            ),
            (
                json!({ "messageType": "InternalComment", "messageTypeId": 2 }),
                MessageKind::InternalComment,
            ),
            (json!({ "messageType": "VoiceMail", "messageTypeId": 10 }), MessageKind::Call),
            (json!({ "messageTypeString": "TYPE_WHATSAPP" }), MessageKind::WhatsApp),
            (json!({ "messageType": "SMS", "messageTypeString": "TYPE_NEW" }), MessageKind::Sms),
            (json!({ "messageType": "RCS" }), MessageKind::Other("RCS".to_owned())),
            (json!({ "messageTypeId": 36 }), MessageKind::Other("36".to_owned())),
            (json!({ "messageType": 7 }), MessageKind::Other(String::new())),
        ] {
            assert_eq!(MessageKind::read(Fields::of(&message)), kind, "{message}");
        }
    }

    proptest! {
        #[test]
        fn the_stored_form_is_read_as_what_was_stored(name in "(TYPE_)?[A-Za-z_]{0,12}") {
            let kind = MessageKind::from(name);
            prop_assert_eq!(MessageKind::from(String::from(kind.clone())), kind);
        }
    }
}
