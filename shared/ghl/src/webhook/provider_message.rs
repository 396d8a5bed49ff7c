//! A message that somebody wrote in GoHighLevel and that we are to send.

use std::fmt;

use domain::{
    ids::{CrmContactId, CrmConversationId, CrmMessageId, LocationId, MessageId},
    text::MessageText,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::Signed;

/// A post to the provider's delivery address. Much of it is not documented or not always there, so
/// only what nothing can be done without is required.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderMessage {
    pub location: LocationId,
    /// Also what tells a repeated delivery.
    pub message: CrmMessageId,
    pub kind: TextKind,
    pub contact: Option<CrmContactId>,
    pub conversation: Option<CrmConversationId>,
    /// The channel it was written in, where GoHighLevel says.
    pub conversation_provider: Option<String>,
    /// As stored with the contact; E.164, usually.
    pub phone: Option<String>,
    pub text: MessageText,
    pub attachments: Vec<String>,
    /// Who wrote it. Nobody did if a workflow sends it.
    pub user_id: Option<String>,
    /// The text of ours that this replies to.
    pub reply_to: Option<MessageId>,
}

/// Which channel a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextKind {
    Sms,
    /// A text in the channel of an additional provider.
    Custom,
    Email,
    /// Something newer than this program.
    Other(String),
}

/// A signed body that is not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the delivery is unreadable at `{path}`")]
pub struct Unreadable {
    pub path: String,
}

impl ProviderMessage {
    pub fn read(signed: &Signed<'_>) -> Result<Self, Unreadable> {
        let mut json = serde_json::Deserializer::from_slice(signed.body());
        // The cause is left out, for it quotes the value.
        let wire: Wire = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| Unreadable { path: error.path().to_string() })?;
        json.end().map_err(|_| Unreadable { path: ".".to_owned() })?;
        Ok(wire.into())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    location_id: LocationId,
    message_id: CrmMessageId,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "if_usable")]
    contact_id: Option<CrmContactId>,
    #[serde(default, deserialize_with = "if_usable")]
    conversation_id: Option<CrmConversationId>,
    #[serde(default, deserialize_with = "if_usable")]
    conversation_provider_id: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    message: Option<MessageText>,
    #[serde(default)]
    attachments: Option<Vec<String>>,
    #[serde(default, deserialize_with = "if_usable")]
    user_id: Option<String>,
    #[serde(default, deserialize_with = "if_usable")]
    reply_to_alt_id: Option<MessageId>,
}

/// Takes a value that we can do without for missing if it is not what we expect.
fn if_usable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

impl From<Wire> for ProviderMessage {
    fn from(wire: Wire) -> Self {
        Self {
            location: wire.location_id,
            message: wire.message_id,
            // Not every delivery says; the address is for texts.
            kind: wire.kind.map_or(TextKind::Sms, TextKind::from),
            contact: wire.contact_id,
            conversation: wire.conversation_id,
            conversation_provider: wire.conversation_provider_id,
            phone: wire.phone,
            text: wire.message.unwrap_or_default(),
            attachments: wire.attachments.unwrap_or_default(),
            user_id: wire.user_id,
            reply_to: wire.reply_to_alt_id,
        }
    }
}

impl From<String> for TextKind {
    fn from(kind: String) -> Self {
        match kind.as_str() {
            "SMS" => Self::Sms,
            "Custom" => Self::Custom,
            "Email" => Self::Email,
            _ => Self::Other(kind),
        }
    }
}

/// Shows who and where, not what was said to which number.
impl fmt::Debug for ProviderMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderMessage")
            .field("location", &self.location)
            .field("message", &self.message)
            .field("kind", &self.kind)
            .field("contact", &self.contact)
            .field("has_phone", &self.phone.is_some())
            .field("text", &self.text)
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> Result<ProviderMessage, Unreadable> {
        ProviderMessage::read(&Signed::unchecked(body.as_bytes()))
    }

    macro_rules! sample {
        ($name:literal) => {
            include_str!(concat!("../../tests/webhook-samples/", $name, ".json"))
        };
    }

    const SMS: &str = sample!("ProviderOutboundMessage.sms");
    const EMAIL: &str = sample!("ProviderOutboundMessage.email");
    /// Made up, with the fields that integrators have seen besides.
    const EXTENDED: &str = sample!("observed/ProviderOutboundMessage.extended.reconstructed");

    #[test]
    fn the_documented_text_is_read() {
        let text = read(SMS).unwrap();

        assert_eq!(text.location.as_str(), "GKAWb4yu7A4LSc0skQ6g");
        assert_eq!(text.message.as_str(), "GKJxs4P5L8dWc5CFUITM");
        assert_eq!(text.kind, TextKind::Sms);
        assert_eq!(text.contact.unwrap().as_str(), "GKBhT6BfwY9mjzXAU3sq");
        assert_eq!(text.phone.as_deref(), Some("+15864603685"));
        assert_eq!(text.text.as_str(), "The text message to be sent to the contact");
        assert_eq!(text.attachments.len(), 1);
        assert_eq!(text.user_id.as_deref(), Some("GK56r6wdJDrkUPd0xsmx"));
        assert_eq!(text.conversation, None);
    }

    #[test]
    fn what_integrators_have_seen_besides_is_read() {
        let text = read(EXTENDED).unwrap();

        assert_eq!(text.conversation.unwrap().as_str(), "convAAAAAAAAAAAAAAAA");
        assert_eq!(text.conversation_provider.as_deref(), Some("000000000000000000000002"));
        assert_eq!(text.reply_to.unwrap().as_str(), "upstream-message-id-1");
        assert_eq!(text.attachments, [""; 0]);
    }

    #[test]
    fn an_email_is_told_from_a_text() {
        assert_eq!(read(EMAIL).unwrap().kind, TextKind::Email);
    }

    #[test]
    fn a_message_of_a_workflow_has_little_more_than_its_ids() {
        let text = read(r#"{"locationId":"l","messageId":"m","type":"Custom"}"#).unwrap();

        assert_eq!(text.kind, TextKind::Custom);
        assert!(text.text.is_empty() && text.phone.is_none() && text.user_id.is_none());
    }

    #[test]
    fn a_null_or_strange_value_that_we_can_do_without_is_taken_for_missing() {
        let text = read(
            r#"{"locationId":"l","messageId":"m","type":null,"contactId":"","userId":7,
                "message":null,"attachments":null,"phone":null,"replyToAltId":"a b","new":{}}"#,
        )
        .unwrap();

        assert_eq!(text.kind, TextKind::Sms);
        assert_eq!((text.contact, text.user_id, text.reply_to), (None, None, None));
    }

    #[test]
    fn an_error_names_the_place_and_not_the_value() {
        for (body, path) in [
            (r#"{"messageId":"m"}"#, "."),
            (r#"{"locationId":"l","messageId":""}"#, "messageId"),
            (r#"{"locationId":"l","messageId":"m","message":["+15005550006"]}"#, "message"),
            (r#"{"locationId":"l","messageId":"m","attachments":["a",7]}"#, "attachments[1]"),
            (r#"{"locationId":"l","messageId":"m"} x"#, "."),
            ("[]", "."),
        ] {
            let error = read(body).unwrap_err();
            assert_eq!(error.path, path, "{body}");
            assert!(!format!("{error} {error:?}").contains("5550006"), "{body}");
        }
    }

    #[test]
    fn debug_shows_neither_number_nor_text() {
        let shown = format!("{:?}", read(SMS).unwrap());

        for secret in ["5864603685", "to be sent", "googlelogo"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("GKJxs4P5L8dWc5CFUITM"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_bytes_can_break_the_reading(body: Vec<u8>) {
            let _ = ProviderMessage::read(&Signed::unchecked(&body));
        }

        #[test]
        fn no_values_can_break_the_reading(id in "\\PC*", text in "\\PC*") {
            let body = serde_json::json!({
                "locationId": id, "messageId": id, "contactId": id, "message": text, "type": text,
                "attachments": [text],
            });
            let _ = read(&body.to_string());
        }
    }
}
