//! Who is asking, and how far they may go.
//!
//! An operator runs the whole installation; everyone else is a member of one tenant. Whoever
//! authenticates a request says so as a [`Caller`], which travels to the function behind the door
//! as a few texts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ApiKeyId, TenantId};

mod key;

pub use key::{ApiKey, KeyHash, KeyState, PresentedKey};

/// What a member of a tenant may do. Each role may do all that the ones before it may.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Looks.
    ReadOnly,
    /// Talks with the tenant's customers.
    Agent,
    /// Changes how the tenant is set up.
    Admin,
}

/// Where a caller stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Standing {
    /// Of no tenant, and over all of them.
    Operator,
    Member {
        tenant: TenantId,
        role: Role,
    },
}

/// Who is asking, once it has been proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `key:<id>`, `oidc:<sub>` or `bootstrap`: what the audit trail calls them.
    pub subject: String,
    pub standing: Standing,
    /// When what they have shown stops being good, if it ever does.
    pub expires_at: Option<Timestamp>,
    /// Requests they may make in a minute.
    pub per_minute: u32,
}

/// The texts do not describe a caller: whoever wrote them was not our authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACaller {
    #[error("the caller has no {0}")]
    Missing(&'static str),
    #[error("the caller's {0} is not one")]
    Invalid(&'static str),
}

/// What stands in the place of a role for somebody who is above roles.
const OPERATOR: &str = "operator";

impl Standing {
    /// The tenant that this is a member of.
    pub fn tenant(&self) -> Option<&TenantId> {
        match self {
            Self::Operator => None,
            Self::Member { tenant, .. } => Some(tenant),
        }
    }

    /// Reads what [`Self::role_name`] and [`Self::tenant`] say. An operator of a tenant is neither
    /// the one nor the other.
    pub fn named(role: &str, tenant: Option<&str>) -> Result<Self, NotACaller> {
        if role == OPERATOR {
            return match tenant {
                None => Ok(Self::Operator),
                Some(_) => Err(NotACaller::Invalid("tenant")),
            };
        }
        let role = role.parse().map_err(|_| NotACaller::Invalid("role"))?;
        let tenant = tenant.ok_or(NotACaller::Missing("tenant"))?;
        // What belongs to operators is no tenant that anybody could be a member of.
        let tenant = TenantId::parse(tenant).ok().filter(|it| !it.is_reserved());
        let tenant = tenant.ok_or(NotACaller::Invalid("tenant"))?;
        Ok(Self::Member { tenant, role })
    }

    pub fn role_name(&self) -> String {
        match self {
            Self::Operator => OPERATOR.to_owned(),
            Self::Member { role, .. } => role.to_string(),
        }
    }
}

impl Caller {
    /// The caller as texts by name, which is all that API Gateway passes on.
    pub fn to_context(&self) -> BTreeMap<String, String> {
        let mut context = BTreeMap::from([
            ("subject".to_owned(), self.subject.clone()),
            ("role".to_owned(), self.standing.role_name()),
            ("per_minute".to_owned(), self.per_minute.to_string()),
        ]);
        if let Some(tenant) = self.standing.tenant() {
            context.insert("tenant".to_owned(), tenant.to_string());
        }
        if let Some(expires_at) = self.expires_at {
            context.insert("expires_at".to_owned(), expires_at.to_string());
        }
        context
    }

    /// Reads what [`Self::to_context`] says, given a way to look a text up by its name.
    pub fn from_context(text: impl Fn(&str) -> Option<String>) -> Result<Self, NotACaller> {
        let subject = text("subject").filter(|it| !it.is_empty());
        let role = text("role").ok_or(NotACaller::Missing("role"))?;
        let per_minute = text("per_minute").ok_or(NotACaller::Missing("per_minute"))?;
        let expires_at = text("expires_at").map(|it| it.parse()).transpose();
        Ok(Self {
            subject: subject.ok_or(NotACaller::Missing("subject"))?,
            standing: Standing::named(&role, text("tenant").as_deref())?,
            expires_at: expires_at.map_err(|_| NotACaller::Invalid("expires_at"))?,
            per_minute: per_minute.parse().map_err(|_| NotACaller::Invalid("per_minute"))?,
        })
    }

    /// The API key that they have shown, if it was one.
    pub fn api_key(&self) -> Option<ApiKeyId> {
        let id = self.subject.strip_prefix(key::SUBJECT)?;
        ApiKeyId::parse(id).ok()
    }

    /// A caller that was let in a minute ago may be one no longer.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|it| it <= now)
    }
}

#[cfg(test)]
mod tests;
