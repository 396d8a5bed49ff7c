//! A business and how it wants to be served.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    conversation::Route,
    ids::{IntegrationId, TenantId},
    keyword::{ExtraKeywords, Keyword},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    #[serde(default)]
    pub state: TenantState,
    #[serde(default)]
    pub created_at: Timestamp,
    /// The name its customers know, used in the answers to keywords.
    pub brand: String,
    /// How a customer reaches a person: a telephone number, e-mail or web address for HELP.
    pub support: String,
    /// The integration that is its CRM, once it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm: Option<IntegrationId>,
    /// Where a text goes out if nothing was ever said with that person before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_route: Option<Route>,
    /// The integration to which the contacts of people who text are copied, if that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_copies_to: Option<IntegrationId>,
    /// Words that mean STOP, START or HELP to this tenant's customers beside the usual ones.
    #[serde(default)]
    pub extra_keywords: ExtraKeywords,
    /// The tenant's own words for the answers to keywords.
    #[serde(default)]
    pub answers: Answers,
}

/// Whether a tenant is served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TenantState {
    #[default]
    Active,
    /// What comes in is kept and acted on later; nobody is called and nothing is sent. Keywords
    /// count all the same: who texts STOP is opted out at once.
    Suspended { since: Timestamp, why: String },
    /// Its credentials are destroyed and its addresses answer nobody. What must be kept by law, the
    /// opt-out registry and the consent ledger, is kept.
    Deleted {
        since: Timestamp,
        /// What it had connected: what came in through these is to be erased.
        #[serde(default)]
        integrations: Vec<IntegrationId>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    pub stop: Option<String>,
    pub start: Option<String>,
    pub help: Option<String>,
}

impl Tenant {
    pub fn new(
        id: TenantId,
        brand: impl Into<String>,
        support: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            state: TenantState::Active,
            created_at: now,
            brand: brand.into(),
            support: support.into(),
            crm: None,
            default_route: None,
            contact_copies_to: None,
            extra_keywords: ExtraKeywords::default(),
            answers: Answers::default(),
        }
    }

    pub fn is_active(&self) -> bool {
        match self.state {
            TenantState::Active => true,
            TenantState::Suspended { .. } | TenantState::Deleted { .. } => false,
        }
    }

    /// What to answer to a keyword. The default wording names the sender, carries no marketing and
    /// says how to come back or stop (CTIA Messaging Principles and Best Practices, 2023).
    pub fn answer_to(&self, keyword: Keyword) -> String {
        let (own, usual) = match keyword {
            Keyword::Stop => (
                &self.answers.stop,
                format!(
                    "{}: you are unsubscribed and will receive no more messages. \
                     Reply START to resubscribe.",
                    self.brand
                ),
            ),
            Keyword::Start => (
                &self.answers.start,
                format!(
                    "{}: you are subscribed again. Msg&data rates may apply. \
                     Reply HELP for help, STOP to cancel.",
                    self.brand
                ),
            ),
            Keyword::Help => (
                &self.answers.help,
                format!(
                    "{}: for help contact {}. Msg&data rates may apply. Reply STOP to cancel.",
                    self.brand, self.support
                ),
            ),
        };
        own.clone().unwrap_or(usual)
    }
}
