//! From GoHighLevel's events to what they mean to us.

use domain::{
    crm_event::{
        AppointmentNews, ContactChange, ContactNews, DealNews, Medium, MessageNews, News,
        SmsSwitch, UserNews,
    },
    hidden::Hidden,
    phone::PhoneNumber,
    text::MessageText,
};
use ghl::webhook::event::{
    AppointmentAction, AppointmentChange, ContactAction, ContactSnapshot, Direction,
    MarketplaceEvent, MessageKind, MessageSeen, OpportunityAction, OpportunityChange, SmsDnd,
    UserAction, UserChange, What,
};
use jiff::Timestamp;

/// Bytes of a text that are kept. An e-mail may be longer than an item of the table.
const TEXT_LIMIT: usize = 16 * 1024;

/// Bytes of an e-mail in HTML that are read. Tags that never end take the square of it.
const HTML_LIMIT: usize = 16 * 1024;

const UNFOLLOWED: &str = "nothing that we follow";
const NAMELESS: &str = "it does not say what it is about";

/// What the event tells us, or why it is not for us.
pub(crate) fn of(event: &MarketplaceEvent, now: Timestamp) -> Result<News, &'static str> {
    match &event.what {
        What::Install(_) => {
            let location = event.location.clone().ok_or("an agency's, whose consent tells more")?;
            Ok(News::Installed { location, company: event.company.clone() })
        }
        What::Uninstall => match (&event.location, &event.company) {
            (Some(location), _) => Ok(News::Uninstalled { location: location.clone() }),
            (None, Some(company)) => Ok(News::AgencyLeft { company: company.clone() }),
            (None, None) => Err(NAMELESS),
        },
        What::Contact(change) => contact(change.action, &change.contact),
        What::Message(seen) => message(seen, event.at.unwrap_or(now), now),
        What::ConversationUnread(it) => match (&it.contact, it.unread) {
            (Some(contact), Some(count)) if !it.is_deleted => {
                Ok(News::Unread { contact: contact.clone(), count })
            }
            _ => Err(NAMELESS),
        },
        What::Opportunity(change) => deal(change),
        What::Appointment(change) => appointment(change),
        What::Location(change) => match (&event.location, &change.name) {
            (Some(location), Some(name)) => {
                Ok(News::Renamed { location: location.clone(), name: name.clone() })
            }
            _ => Err(NAMELESS),
        },
        What::User(change) => user(change),
        What::AppUpdate(_) | What::PlanChange(_) | What::Other => Err(UNFOLLOWED),
    }
}

fn contact(action: ContactAction, it: &ContactSnapshot) -> Result<News, &'static str> {
    let change = match action {
        ContactAction::Created | ContactAction::Updated | ContactAction::Tagged => {
            ContactChange::Written
        }
        ContactAction::DndChanged => ContactChange::Switched,
        ContactAction::Deleted => ContactChange::Deleted,
    };
    let sms_switch = match it.sms_dnd() {
        SmsDnd::On { code, permanent } => SmsSwitch::On { code, permanent },
        SmsDnd::Off => SmsSwitch::Off,
        SmsDnd::Unknown => SmsSwitch::Unknown,
    };
    Ok(News::Contact(Box::new(ContactNews {
        change,
        is_partial: false,
        id: it.id.clone().ok_or(NAMELESS)?,
        phone: it.phone.clone(),
        name: it.name.clone().or_else(|| joined(it.first_name.as_ref(), it.last_name.as_ref())),
        email: it.email.clone(),
        state: it.state.clone(),
        country: it.country.clone(),
        timezone: it.timezone.clone(),
        tags: it.tags.clone(),
        assigned_to: it.assigned_to.clone(),
        sms_switch,
    })))
}

/// Internal comments and activities are not between us and a person.
fn message(seen: &MessageSeen, at: Timestamp, now: Timestamp) -> Result<News, &'static str> {
    let medium = match &seen.kind {
        MessageKind::Sms | MessageKind::Custom => Medium::Sms,
        MessageKind::Email => Medium::Email,
        MessageKind::WhatsApp => Medium::WhatsApp,
        MessageKind::InternalComment => return Err("an internal comment"),
        MessageKind::Activity => return Err("an activity"),
        MessageKind::Call | MessageKind::Other(_) => return Err("no text and no e-mail"),
    };
    let is_inbound = seen.direction == Direction::Inbound;
    let theirs = if is_inbound { seen.from.as_ref() } else { seen.to.first() };
    let phone = theirs.filter(|_| medium != Medium::Email);
    let plain = seen.plain_text.as_ref().filter(|it| !it.as_str().trim().is_empty());
    let text = match plain {
        Some(text) => text.clone(),
        None if medium == Medium::Email && is_html(seen.body.as_str()) => read_html(&seen.body),
        None => seen.body.clone(),
    };
    Ok(News::Message(Box::new(MessageNews {
        is_inbound,
        medium,
        message: seen.message.clone(),
        contact: seen.contact.clone().ok_or(NAMELESS)?,
        phone: phone.and_then(|it| PhoneNumber::parse(it.as_str(), None).ok()),
        text: cut(&text),
        has_failed: matches!(seen.status.as_deref(), Some("failed" | "undelivered")),
        // From ahead of us it would count as the last for as long.
        sent_at: seen.at.unwrap_or(at).min(now),
    })))
}

/// Text has addresses in angle brackets, and nothing that ends a tag.
fn is_html(body: &str) -> bool {
    let begin = begin(body, HTML_LIMIT).to_ascii_lowercase();
    ["</", "<br", "<!doctype"].iter().any(|it| begin.contains(it))
}

/// What a person reads of an e-mail.
fn read_html(body: &MessageText) -> MessageText {
    MessageText::new(nanohtml2text::html2text(begin(body.as_str(), HTML_LIMIT)))
}

fn cut(text: &MessageText) -> MessageText {
    MessageText::new(begin(text.as_str(), TEXT_LIMIT))
}

fn begin(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn deal(it: &OpportunityChange) -> Result<News, &'static str> {
    Ok(News::Deal(Box::new(DealNews {
        id: it.id.clone().ok_or(NAMELESS)?,
        is_deleted: it.action == OpportunityAction::Deleted,
        is_partial: false,
        contact: it.contact.clone(),
        name: it.name.clone(),
        pipeline: it.pipeline.clone(),
        stage: it.stage.clone(),
        status: it.status.clone(),
        value: it.value.as_ref().map(ToString::to_string),
        assigned_to: it.assigned_to.clone(),
    })))
}

fn appointment(it: &AppointmentChange) -> Result<News, &'static str> {
    Ok(News::Appointment(Box::new(AppointmentNews {
        id: it.id.clone().ok_or(NAMELESS)?,
        is_deleted: it.action == AppointmentAction::Deleted,
        is_partial: false,
        contact: it.contact.clone(),
        calendar: it.calendar.clone(),
        title: it.title.clone(),
        address: it.address.clone(),
        status: it.status.clone(),
        assigned_to: it.assigned_to.clone(),
        starts_at: it.starts_at,
        ends_at: it.ends_at,
    })))
}

fn user(it: &UserChange) -> Result<News, &'static str> {
    Ok(News::User(UserNews {
        id: it.id.clone().ok_or(NAMELESS)?,
        is_deleted: it.action == UserAction::Deleted,
        is_partial: false,
        name: joined(it.first_name.as_ref(), it.last_name.as_ref()),
        role: it.role.clone(),
    }))
}

fn joined(first: Option<&Hidden>, last: Option<&Hidden>) -> Option<Hidden> {
    let names: Vec<_> = first.into_iter().chain(last).map(Hidden::as_str).collect();
    (!names.is_empty()).then(|| names.join(" ").into())
}
