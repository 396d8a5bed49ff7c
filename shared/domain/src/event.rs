//! One delivery from outside, from the moment it is stored until its work is done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    crm_event::News,
    heard::Heard,
    ids::{ConversationId, CrmMessageId, EventId, IntegrationId, TenantId},
    jobs::{CrmWork, FollowUp, Job, ReadText},
    keyword::Keyword,
    parked::Parked,
    quarantine::Effect,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEvent {
    pub id: EventId,
    pub integration: IntegrationId,
    pub received_at: Timestamp,
    pub heard: Heard,
    /// What the text asks of us, if it is a text and asks for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyword: Option<Keyword>,
    /// What it asks was done. What is left is to bring it to the CRM, like any other text.
    #[serde(default)]
    pub is_answered: bool,
    pub raw: RawBody,
    pub stage: Stage,
    /// Claims since the last outcome.
    #[serde(default)]
    pub claims: u32,
    /// Times it was put off because somebody else could not do their part.
    #[serde(default)]
    pub deferrals: u32,
    /// That it is held, and for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// When this event next needs somebody's attention; nothing once it is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
}

/// How far the work has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    Open,
    /// The CRM was called to add the text, and we have not written down its answer. Whoever takes
    /// over looks whether the text is there before adding it again.
    Posting {
        since: Timestamp,
        /// Times it was added without our learning what came of it.
        #[serde(default)]
        in_doubt: u32,
    },
    Done {
        at: Timestamp,
        outcome: Outcome,
    },
    /// A person must look at it.
    Quarantined {
        at: Timestamp,
        why: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// What it told us was acted on.
    Applied,
    /// We knew it already.
    NothingNew,
    /// It was our own doing that we were told of.
    OurOwn,
    /// We do not follow such news.
    Ignored,
    /// It reports on a message that we never sent, or not through this channel.
    Unmatched,
    /// A person decided that nothing is to be done about it.
    Discarded,
    /// The person it is about had everything erased.
    Erased,
}

/// Bytes of a body that are kept. An item of the table holds 400 KB, and the text that was read from
/// the body needs its share.
const RAW_LIMIT: usize = 100 * 1024;

/// The body as it arrived, or the beginning of a very long one. `Debug` shows its length only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawBody(String);

impl RawBody {
    pub fn new(body: &[u8]) -> Self {
        let mut raw = String::from_utf8_lossy(body).into_owned();
        if raw.len() > RAW_LIMIT {
            raw.truncate(raw.floor_char_boundary(RAW_LIMIT));
            raw.push_str("… [cut off]");
        }
        Self(raw)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RawBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawBody({} bytes)", self.0.len())
    }
}

impl EventId {
    /// The event that a channel repeats under this key.
    pub fn of(tenant: &TenantId, channel: &IntegrationId, dedupe_key: &str) -> Self {
        Self::derived(&[tenant.as_str(), channel.as_str(), dedupe_key])
    }
}

impl EventId {
    /// The delivery by which the CRM asked for a message.
    pub fn of_delivery(tenant: &TenantId, crm: &IntegrationId, message: &CrmMessageId) -> Self {
        Self::of(tenant, crm, &format!("delivery:{message}"))
    }
}

impl WebhookEvent {
    /// The job that acts on this, if anything is to be done about it.
    pub fn job(&self, tenant: &TenantId) -> Option<Job> {
        let (tenant, event) = (tenant.clone(), self.id.clone());
        match &self.heard {
            Heard::Text(text) => {
                let conversation = ConversationId::with(&tenant, &text.from);
                let asks = self.keyword.is_some() && !self.is_answered;
                Some(Job::Inbound(ReadText { tenant, event, conversation, asks }))
            }
            Heard::Report(_) => Some(Job::Reports(FollowUp::Record { tenant, event })),
            Heard::Crm(told) => {
                let about = told.about().to_owned();
                Some(Job::Crm(CrmWork::Apply { tenant, event, about }))
            }
            Heard::Ignored { .. } | Heard::Unusable { .. } => None,
        }
    }

    pub fn is_finished(&self) -> bool {
        match self.stage {
            Stage::Open | Stage::Posting { .. } => false,
            Stage::Done { .. } | Stage::Quarantined { .. } => true,
        }
    }

    /// The same event with nothing left to do.
    #[must_use]
    pub fn done(self, outcome: Outcome, at: Timestamp) -> Self {
        Self { stage: Stage::Done { at, outcome }, due: None, ..self }
    }

    /// The event held. Whoever had claimed it gives the claim up.
    #[must_use]
    pub fn parked(self, parked: Parked) -> Self {
        Self { parked: Some(parked), due: None, claims: 0, ..self }
    }

    /// The event going on at `due`, after it was held or quarantined. What an earlier try may have
    /// added to the CRM is looked for before anything is added.
    #[must_use]
    pub fn resumed(self, due: Timestamp) -> Self {
        let stage = match self.stage {
            Stage::Quarantined { at, .. } => Stage::Posting { since: at, in_doubt: 0 },
            other => other,
        };
        Self { stage, parked: None, claims: 0, deferrals: 0, due: Some(due), ..self }
    }

    /// What must remain so that a repetition is recognised. What was said is gone.
    #[must_use]
    pub fn erased(self, at: Timestamp) -> Self {
        Self {
            heard: Heard::Ignored { what: "erased".to_owned() },
            raw: RawBody::default(),
            keyword: None,
            parked: None,
            ..self.done(Outcome::Erased, at)
        }
    }

    /// What working on this would do. Empty if there is nothing to be done about it.
    pub fn effects(&self) -> Vec<Effect> {
        match &self.heard {
            Heard::Text(text) => {
                let mut effects = vec![Effect::AddText];
                if let Some(keyword) = self.keyword.filter(|_| !self.is_answered) {
                    effects.extend((keyword != Keyword::Help).then_some(Effect::ChangeOptOut));
                    effects.extend(text.answered_by_carrier.is_none().then_some(Effect::SendText));
                }
                effects
            }
            Heard::Report(_) => vec![Effect::ApplyReport],
            Heard::Crm(told) => match &told.news {
                News::Contact(_) => vec![Effect::ChangeOptOut],
                News::Message(it) if it.is_inbound => vec![Effect::ChangeOptOut],
                _ => Vec::new(),
            },
            Heard::Ignored { .. } | Heard::Unusable { .. } => Vec::new(),
        }
    }

    #[must_use]
    pub fn quarantined(self, why: impl Into<String>, at: Timestamp) -> Self {
        Self { stage: Stage::Quarantined { at, why: why.into() }, due: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_any_size_and_kind_fits_an_item() {
        for body in [vec![b'a'; 256 * 1024], vec![0xFF; 256 * 1024], "é".repeat(128 * 1024).into()]
        {
            let raw = RawBody::new(&body);
            assert!(raw.as_str().len() < RAW_LIMIT + 32);
            assert!(raw.as_str().ends_with("[cut off]"));
        }
    }

    #[test]
    fn debug_does_not_show_the_body() {
        assert_eq!(format!("{:?}", RawBody::new(b"secret")), "RawBody(6 bytes)");
    }
}
