//! Which event it is.

use serde::{Deserialize, Serialize};

use super::{
    AppUpdate, AppointmentAction, AppointmentChange, ContactAction, ContactChange,
    ConversationUnread, Direction, Install, LocationAction, LocationChange, MessageSeen,
    OpportunityAction, OpportunityChange, PlanChange, UserAction, UserChange,
};
use crate::fields::Fields;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// In a location, or in an agency if the event names none. It may come before or after the
    /// person returns from the consent page.
    Install(Install),
    /// From a location, or from an agency if the event names none.
    Uninstall,
    AppUpdate(AppUpdate),
    PlanChange(PlanChange),
    Contact(Box<ContactChange>),
    Message(Box<MessageSeen>),
    ConversationUnread(ConversationUnread),
    Opportunity(OpportunityChange),
    Appointment(Box<AppointmentChange>),
    Location(LocationChange),
    User(UserChange),
    /// Nothing that we follow.
    Other,
}

impl What {
    pub(super) fn read(kind: &str, fields: Fields<'_>) -> Self {
        let contact = |action| Self::Contact(ContactChange::read(action, fields).into());
        let message = |direction| Self::Message(MessageSeen::read(direction, fields).into());
        let opportunity = |action| Self::Opportunity(OpportunityChange::read(action, fields));
        let appointment =
            |action| Self::Appointment(AppointmentChange::read(action, fields).into());

        match kind {
            "INSTALL" => Self::Install(Install::read(fields)),
            "UNINSTALL" => Self::Uninstall,
            "AppUpdate" => Self::AppUpdate(AppUpdate::read(fields)),
            "PLAN_CHANGE" => Self::PlanChange(PlanChange::read(fields)),
            "ContactCreate" => contact(ContactAction::Created),
            "ContactUpdate" => contact(ContactAction::Updated),
            "ContactDelete" => contact(ContactAction::Deleted),
            "ContactTagUpdate" => contact(ContactAction::Tagged),
            "ContactDndUpdate" => contact(ContactAction::DndChanged),
            // Some samples print the other direction within; the type is right.
            "InboundMessage" => message(Direction::Inbound),
            "OutboundMessage" => message(Direction::Outbound),
            "ConversationUnreadUpdate" => {
                Self::ConversationUnread(ConversationUnread::read(fields))
            }
            "OpportunityCreate" => opportunity(OpportunityAction::Created),
            "OpportunityUpdate" => opportunity(OpportunityAction::Updated),
            "OpportunityDelete" => opportunity(OpportunityAction::Deleted),
            "OpportunityStageUpdate" => opportunity(OpportunityAction::StageChanged),
            "OpportunityStatusUpdate" => opportunity(OpportunityAction::StatusChanged),
            "OpportunityMonetaryValueUpdate" => opportunity(OpportunityAction::ValueChanged),
            "OpportunityAssignedToUpdate" => opportunity(OpportunityAction::Reassigned),
            "AppointmentCreate" => appointment(AppointmentAction::Created),
            "AppointmentUpdate" => appointment(AppointmentAction::Updated),
            "AppointmentDelete" => appointment(AppointmentAction::Deleted),
            "LocationCreate" => {
                Self::Location(LocationChange::read(LocationAction::Created, fields))
            }
            "LocationUpdate" => {
                Self::Location(LocationChange::read(LocationAction::Updated, fields))
            }
            "UserCreate" => Self::User(UserChange::read(UserAction::Created, fields)),
            "UserUpdate" => Self::User(UserChange::read(UserAction::Updated, fields)),
            "UserDelete" => Self::User(UserChange::read(UserAction::Deleted, fields)),
            _ => Self::Other,
        }
    }
}
