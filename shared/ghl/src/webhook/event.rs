//! What happened in GoHighLevel, as it tells the apps of its marketplace.
//!
//! The documentation and what arrives differ, empty fields are left out, and new fields and values
//! appear over time. So nothing but the type is required, what is not understood is passed over,
//! and what is not understood but matters keeps GoHighLevel's own word for it.
//!
//! **Invariant:** no `Debug` shows what people wrote or who they are.

mod app;
mod appointment;
mod contact;
mod dnd;
mod message;
mod message_kind;
mod opportunity;
mod people;
mod what;

use aws_lc_rs::digest;
use domain::ids::{CompanyId, LocationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Signed, Unreadable, workflow::Verified};
use crate::fields::Fields;

pub use app::{AppUpdate, Install, PlanChange, Trial};
pub use appointment::{AppointmentAction, AppointmentChange};
pub use contact::{ContactAction, ContactChange, ContactSnapshot, CustomField};
pub use dnd::{DndSetting, DndSettings, SmsDnd};
pub use domain::hidden::Hidden;
pub use message::{Direction, MessageSeen, Source};
pub use message_kind::MessageKind;
pub use opportunity::{OpportunityAction, OpportunityChange};
pub use people::{ConversationUnread, LocationAction, LocationChange, UserAction, UserChange};
pub use what::What;

/// One event, of whichever app and location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketplaceEvent {
    pub webhook_id: Option<String>,
    /// When GoHighLevel says that it happened. A repeated delivery has the time of the first.
    pub at: Option<Timestamp>,
    /// Which app was told. It has to be ours.
    pub app: Option<String>,
    pub location: Option<LocationId>,
    pub company: Option<CompanyId>,
    /// GoHighLevel's word for what happened.
    pub kind: String,
    pub what: What,
}

impl MarketplaceEvent {
    /// Fails on what is no JSON object with a type, and on nothing else.
    pub fn read(signed: &Signed<'_>) -> Result<Self, Unreadable> {
        let body = object(signed.body())?;
        let fields = Fields::of(&body);
        let kind: String = fields.get("type").ok_or_else(|| unreadable("type"))?;
        Ok(Self::of(kind, fields))
    }

    /// An event that a tenant's workflow posts, with the fields that the marketplace's event of this
    /// name has.
    pub fn of_workflow(verified: &Verified<'_>, kind: &str) -> Result<Self, Unreadable> {
        let body = object(verified.body())?;
        Ok(Self::of(kind.to_owned(), Fields::of(&body)))
    }

    fn of(kind: String, fields: Fields<'_>) -> Self {
        let what = What::read(&kind, fields);
        // An event about a location itself calls it `id`.
        let own = matches!(what, What::Location(_)).then(|| fields.get("id")).flatten();
        Self {
            webhook_id: fields.text("webhookId").filter(|it: &String| is_plain(it)),
            at: fields.get("timestamp"),
            app: fields.text("appId"),
            location: fields.get("locationId").or(own),
            company: fields.get("companyId"),
            kind,
            what,
        }
    }

    /// Whether it is about the app itself, of which the marketplace alone can tell.
    pub fn is_about_the_app(&self) -> bool {
        matches!(
            self.what,
            What::Install(_) | What::Uninstall | What::AppUpdate(_) | What::PlanChange(_)
        )
    }

    /// What tells a repeated delivery, which is the same to the byte. What says neither which event
    /// it is nor when it happened may be said again later and mean it: it is taken for a repetition
    /// within ten minutes only.
    pub fn dedupe_key(&self, body: &[u8], now: Timestamp) -> String {
        if let Some(id) = &self.webhook_id {
            return id.clone();
        }
        let digest = hex::encode(digest::digest(&digest::SHA256, body));
        let kind = &self.kind;
        match self.at {
            Some(_) => format!("sha256:{kind}:{digest}"),
            None => format!("sha256:{kind}:{digest}:{}", now.as_second() / 600),
        }
    }
}

fn object(body: &[u8]) -> Result<Value, Unreadable> {
    let body: Value = serde_json::from_slice(body).map_err(|_| unreadable("."))?;
    if body.is_object() { Ok(body) } else { Err(unreadable(".")) }
}

fn unreadable(path: &str) -> Unreadable {
    Unreadable { path: path.to_owned() }
}

/// Whether it can be a key.
fn is_plain(id: &str) -> bool {
    id.len() <= 256 && id.bytes().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
