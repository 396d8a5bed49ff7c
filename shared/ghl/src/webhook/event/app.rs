//! What becomes of the app itself.

use domain::ids::CrmUserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Hidden;
use crate::fields::Fields;

/// Missing who and whose company: the agency has the app in all locations that it adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    /// `Location` has been seen.
    pub install_type: Option<String>,
    pub version: Option<String>,
    pub user: Option<CrmUserId>,
    pub plan: Option<String>,
    pub company_name: Option<Hidden>,
    pub is_white_label: bool,
    pub white_label_domain: Option<String>,
    /// There is one only if somebody is on trial.
    pub trial: Option<Trial>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub days: Option<u64>,
    pub started_at: Option<Timestamp>,
}

/// The app has a new version in a location. No sample of it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppUpdate {
    pub version: Option<String>,
    pub previous_version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    pub old_plan: Option<String>,
    pub new_plan: Option<String>,
    pub user: Option<CrmUserId>,
}

impl Install {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            install_type: fields.text("installType"),
            version: fields.text("versionId"),
            user: fields.get("userId"),
            plan: fields.text("planId"),
            company_name: fields.text("companyName"),
            is_white_label: fields.flag("isWhitelabelCompany"),
            white_label_domain: fields.within("whitelabelDetails").text("domain"),
            trial: Trial::read(fields.within("trial")),
        }
    }
}

impl Trial {
    fn read(fields: Fields<'_>) -> Option<Self> {
        fields.flag("onTrial").then(|| Self {
            days: fields.number("trialDuration"),
            started_at: fields.get("trialStartDate"),
        })
    }
}

impl AppUpdate {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            version: fields.text("versionId"),
            previous_version: fields.text("previousVersionId"),
        }
    }
}

impl PlanChange {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            old_plan: fields.text("currentPlanId"),
            new_plan: fields.text("newPlanId"),
            user: fields.get("userId"),
        }
    }
}
