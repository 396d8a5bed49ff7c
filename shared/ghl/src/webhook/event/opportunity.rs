//! What became of a deal.

use domain::ids::{CrmContactId, CrmOpportunityId, CrmUserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::Hidden;
use crate::fields::Fields;

/// One change in GoHighLevel causes two of these or more, in any order, and none says what was
/// before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpportunityChange {
    pub action: OpportunityAction,
    pub id: Option<CrmOpportunityId>,
    pub contact: Option<CrmContactId>,
    pub name: Option<Hidden>,
    pub pipeline: Option<String>,
    pub stage: Option<String>,
    pub status: Option<String>,
    pub value: Option<Number>,
    pub assigned_to: Option<CrmUserId>,
    pub source: Option<Hidden>,
    /// When the deal was made, not when it changed.
    pub added_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpportunityAction {
    Created,
    Updated,
    Deleted,
    StageChanged,
    StatusChanged,
    ValueChanged,
    Reassigned,
}

impl OpportunityChange {
    pub(super) fn read(action: OpportunityAction, fields: Fields<'_>) -> Self {
        Self {
            action,
            id: fields.get("id"),
            contact: fields.get("contactId"),
            name: fields.text("name"),
            pipeline: fields.text("pipelineId"),
            stage: fields.text("pipelineStageId"),
            status: fields.text("status"),
            value: fields.get("monetaryValue"),
            assigned_to: fields.get("assignedTo"),
            source: fields.text("source"),
            added_at: fields.get("dateAdded"),
        }
    }
}
