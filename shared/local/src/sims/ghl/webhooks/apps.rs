//! What becomes of the app itself.

use serde_json::json;

use super::Event;
use crate::sims::ghl::{agent::USER, state::State};

impl Event {
    /// Somebody has installed it in this location, or in the agency as such.
    pub(in crate::sims::ghl) fn installed(state: &State, location: Option<&str>) -> Self {
        let fields = json!({
            "installType": location.map(|_| "Location"),
            "companyId": state.company,
            "userId": USER,
            "companyName": "Simulated Agency",
            "isWhitelabelCompany": false,
            "whitelabelDetails": { "domain": "", "logoUrl": "" },
            "trial": {},
        });
        Self::new("INSTALL", location, fields)
    }

    /// Nobody has: it is in all locations that the agency adds, and neither is named.
    pub(in crate::sims::ghl) fn installed_by_itself(location: &str) -> Self {
        Self::new("INSTALL", Some(location), json!({ "installType": "Location" }))
    }

    pub(in crate::sims::ghl) fn uninstalled(location: &str) -> Self {
        Self::new("UNINSTALL", Some(location), json!({}))
    }

    pub(in crate::sims::ghl) fn uninstalled_by_agency(company: &str) -> Self {
        Self::new("UNINSTALL", None, json!({ "companyId": company }))
    }
}
