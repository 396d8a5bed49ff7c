//! One text message, in or out, with all that is known of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    conversation::Route,
    crm_event::Medium,
    delivery::Delivery,
    ids::{
        ConversationId, CrmContactId, CrmMessageId, EventId, IntegrationId, MessageId,
        ProviderMessageId, TenantId,
    },
    jobs::{Job, SendText},
    parked::Parked,
    phone::PhoneNumber,
    segments,
    text::{MediaUrl, MessageText},
};

/// How long an agent's message may wait before it is better not sent: a reply that arrives four
/// hours late answers a question nobody is asking any more.
pub const REPLY_KEEPS: SignedDuration = SignedDuration::from_hours(4);

/// For how long a carrier that knows repetitions remembers our key: TP/1 says 24 hours, and an hour is
/// for clocks that differ.
const REPEATABLE: SignedDuration = SignedDuration::from_hours(23);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub purpose: Purpose,
    #[serde(default, skip_serializing_if = "Medium::is_sms")]
    pub medium: Medium,
    /// The person's number: the sender of an inbound message, the recipient of any other.
    pub phone: PhoneNumber,
    /// Our side of it. An outgoing message gets its route when it is first dispatched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    pub text: MessageText,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaUrl>,
    /// Parts the text is cut into, by our own count until the carrier gives its own.
    pub segments: u32,
    pub delivery: Delivery,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_by: Option<Timestamp>,
    /// Who was called for it, where they know a repetition for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_to: Option<String>,
    /// It was in doubt and is to be sent again, while it is known for a repetition: until then. After
    /// that nobody may be called for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message: Option<ProviderMessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_message: Option<CrmMessageId>,
    /// Whom the CRM wants to reach, on a message that it asked us to send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_contact: Option<CrmContactId>,
    /// Who asked for it through the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<String>,
    /// That it is held, and for what. It is due all the same when it would be too late for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// When its content and its person were erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// When this message next needs somebody's attention; nothing once it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// Why a message exists, which decides who may stop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Purpose {
    /// Somebody texted us.
    Inbound,
    /// Somebody wrote it in the CRM, or the CRM did.
    Reply,
    /// A program or a person asked for it through the API.
    Api,
    /// "You will get no more messages": the one text allowed after a STOP.
    StopConfirmation,
    StartConfirmation,
    HelpReply,
    /// The CRM sent it by a way of its own. It is kept, and never sent by us.
    Mirrored,
}

impl Purpose {
    /// Whether an opt-out forbids this message. The confirmation of a STOP and the answer to HELP
    /// are what the person just asked for (47 CFR 64.1200(a)(12); CTIA Messaging Principles 5.1).
    pub fn needs_consent(self) -> bool {
        match self {
            Self::Reply | Self::Api | Self::StartConfirmation => true,
            Self::Inbound | Self::StopConfirmation | Self::HelpReply | Self::Mirrored => false,
        }
    }
}

impl Purpose {
    fn answers_a_keyword(self) -> bool {
        match self {
            Self::StopConfirmation | Self::StartConfirmation | Self::HelpReply => true,
            Self::Inbound | Self::Reply | Self::Api | Self::Mirrored => false,
        }
    }
}

impl Message {
    /// A text to `phone` that has yet to be sent.
    pub fn outgoing(
        id: MessageId,
        tenant: &TenantId,
        purpose: Purpose,
        phone: PhoneNumber,
        text: MessageText,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            conversation: ConversationId::with(tenant, &phone),
            purpose,
            medium: Medium::Sms,
            phone,
            route: None,
            segments: segments::analyse(text.as_str()).segments,
            text,
            media: Vec::new(),
            delivery: Delivery::QUEUED,
            created_at: now,
            send_by: None,
            known_to: None,
            repeat_until: None,
            provider_message: None,
            crm_message: None,
            crm_contact: None,
            asked_by: None,
            parked: None,
            erased_at: None,
            due: Some(now),
        }
    }

    /// Whether this is the text that `planned` asks for, which is planned later perhaps. What became of
    /// this meanwhile does not matter.
    pub fn is_what_was_asked(&self, planned: &Self) -> bool {
        // Without a time of its own a text keeps as long from whenever it is asked for.
        let keeps = |it: &Self| it.send_by.map(|by| by.duration_since(it.created_at));
        let is_in_time = self.send_by == planned.send_by || keeps(self) == keeps(planned);
        let is_same_way = planned.route.is_none() || planned.route == self.route;
        let is_same_text = (&self.text, &self.media) == (&planned.text, &planned.media);
        self.phone == planned.phone && is_same_text && is_same_way && is_in_time
    }

    /// The message held, until what it waits for has happened or it is too late to send it.
    #[must_use]
    pub fn parked(self, parked: Parked) -> Self {
        Self { parked: Some(parked), due: self.last_moment(), ..self }
    }

    /// After this nobody may be called for it.
    pub fn last_moment(&self) -> Option<Timestamp> {
        self.send_by.or(self.repeat_until)
    }

    /// Until when whoever was called for it would know a repetition for one. Nothing unless it was in
    /// doubt.
    pub fn repeatable_until(&self) -> Option<Timestamp> {
        match self.delivery {
            Delivery::InDoubt { since } => {
                self.repeat_until.or_else(|| since.checked_add(REPEATABLE).ok())
            }
            _ => self.repeat_until,
        }
    }

    /// The message going on, to be looked at when it was to be sent anyway.
    #[must_use]
    pub fn resumed(self, due: Timestamp) -> Self {
        Self { parked: None, due: Some(due), ..self }
    }

    /// What must remain so that nothing is sent or told twice: ids and what became of it. What was
    /// said, and to whom, is gone.
    #[must_use]
    pub fn erased(self, now: Timestamp) -> Self {
        Self {
            conversation: ConversationId::erased(),
            phone: PhoneNumber::erased(),
            text: MessageText::default(),
            media: Vec::new(),
            crm_contact: None,
            erased_at: Some(now),
            due: None,
            parked: None,
            ..self
        }
    }

    /// The job that sends this.
    pub fn job(&self, tenant: &TenantId) -> Job {
        Job::Outbound(SendText {
            tenant: tenant.clone(),
            message: self.id.clone(),
            conversation: self.conversation.clone(),
            answers: self.purpose.answers_a_keyword(),
        })
    }
}

impl MessageId {
    /// The message that a channel calls this.
    pub fn inbound(tenant: &TenantId, channel: &IntegrationId, theirs: &ProviderMessageId) -> Self {
        Self::derived(&["in", tenant.as_str(), channel.as_str(), theirs.as_str()])
    }

    /// The message that the CRM asked us to send.
    pub fn from_crm(tenant: &TenantId, theirs: &CrmMessageId) -> Self {
        Self::derived(&["crm", tenant.as_str(), theirs.as_str()])
    }

    /// A message of the CRM's own. It is not the id of the message that the CRM asks us to send, so
    /// it is never in that one's way.
    pub fn mirrored(tenant: &TenantId, theirs: &str) -> Self {
        Self::derived(&["mirror", tenant.as_str(), theirs])
    }

    /// The message that a caller of the API asked for under this key, so many days after they first
    /// used it.
    pub fn asked_for(tenant: &TenantId, who: &str, key: &str, day: i64) -> Self {
        match day {
            0 => Self::derived(&["api", tenant.as_str(), who, key]),
            _ => Self::derived(&["api", tenant.as_str(), who, key, &day.to_string()]),
        }
    }

    /// Our own answer to what an event told us.
    pub fn answer_to(event: &EventId) -> Self {
        Self::derived(&["answer", event.as_str()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parked::Until;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn message() -> Message {
        let tenant = TenantId::parse("acme").unwrap();
        let id = MessageId::parse("msg_1").unwrap();
        let phone = "+12125550123".parse().unwrap();
        Message::outgoing(id, &tenant, Purpose::Api, phone, MessageText::new("hello"), NOON)
    }

    #[test]
    fn what_is_asked_again_is_known_by_what_it_says_to_whom_and_until_when() {
        let by = NOON + REPLY_KEEPS;
        let stored = Message { send_by: Some(by), ..message() };
        let later = NOON + SignedDuration::from_mins(10);
        let again = |change: fn(&mut Message)| {
            let send_by = Some(later + REPLY_KEEPS);
            let mut again = Message { created_at: later, send_by, due: Some(later), ..message() };
            change(&mut again);
            again
        };
        assert!(stored.is_what_was_asked(&again(|_| {})));
        let differs: [fn(&mut Message); 4] = [
            |it| it.text = MessageText::new("another"),
            |it| it.phone = "+12125550124".parse().unwrap(),
            |it| it.media = vec![MediaUrl::parse("https://media.example/a.png").unwrap()],
            |it| it.send_by = it.due,
        ];
        for change in differs {
            assert!(!stored.is_what_was_asked(&again(change)));
        }
        let sent = Message { delivery: Delivery::Sent { at: later }, due: None, ..stored };
        assert!(sent.is_what_was_asked(&again(|_| {})), "whatever became of it");
    }

    #[test]
    fn each_day_under_a_key_has_an_id_of_its_own() {
        let tenant = TenantId::parse("acme").unwrap();
        let id = |day| MessageId::asked_for(&tenant, "key:1", "k", day);
        assert_eq!(id(0), MessageId::derived(&["api", "acme", "key:1", "k"]));
        assert!(id(0) != id(1) && id(1) != id(2));
    }

    #[test]
    fn a_repetition_is_one_for_23_hours_after_the_first_call_however_often_it_is_made() {
        let doubt = Message { delivery: Delivery::InDoubt { since: NOON }, ..message() };
        let until = NOON + SignedDuration::from_hours(23);
        assert_eq!(doubt.repeatable_until(), Some(until));

        let later = NOON + SignedDuration::from_hours(5);
        let again = Message {
            delivery: Delivery::InDoubt { since: later },
            repeat_until: Some(until),
            ..message()
        };
        assert_eq!(again.repeatable_until(), Some(until));
        assert_eq!(message().repeatable_until(), None);
    }

    #[test]
    fn a_repetition_that_is_held_is_looked_at_when_it_is_none_any_more() {
        let until = NOON + SignedDuration::from_hours(23);
        let again = Message { repeat_until: Some(until), ..message() };
        assert_eq!(again.parked(Parked::new(Until::TenantActive, NOON)).due, Some(until));
    }
}
