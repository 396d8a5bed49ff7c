//! Finding a text in GoHighLevel that we may have added already.

use domain::{
    ids::{CrmContactId, CrmConversationId, CrmMessageId, MessageId},
    text::MessageText,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Client, CrmMessage, Error, Session,
    client::{Effect, Task, Version},
};

/// What we would have added. See [`crate::InboundPost`].
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub contact: &'a CrmContactId,
    pub text: &'a MessageText,
    pub alt_id: &'a MessageId,
    pub date: Timestamp,
}

/// GoHighLevel shows the date we gave, perhaps without its fraction. Wider would confuse a text
/// with the same words sent again, narrower would miss our own.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// A contact has one conversation. More are possible where contacts were merged.
const CONVERSATIONS: usize = 3;

/// As many messages as one page can hold, and as many pages as we read: the newest thousand.
const PAGE: &str = "50";
const PAGES: usize = 10;

const FIND_CONVERSATION: Task = task("look for a conversation");
const LIST: Task = task("read a conversation");

const fn task(name: &'static str) -> Task {
    Task { name, version: Version::Conversations, effect: Effect::Reads }
}

impl Client {
    /// The messages in the contact's conversation that can be the one we sought. A person may have
    /// sent the same words twice, so leave out those that are known to be another text.
    ///
    /// GoHighLevel's search lags: ask ten seconds after the call that was not answered, not before.
    pub async fn find_inbound(
        &self,
        session: &Session,
        sought: &Sought<'_>,
    ) -> Result<Vec<CrmMessage>, Error> {
        let mut found = Vec::new();
        for conversation in self.conversations(session, sought.contact).await? {
            let mut after = None;
            for _ in 0..PAGES {
                let page = self.page(session, &conversation, after.as_ref()).await?;
                let messages = page.messages();
                found.extend(messages.iter().filter(|it| it.can_be(sought)).map(|it| CrmMessage {
                    message: it.id.clone(),
                    conversation: conversation.clone(),
                }));
                after = page.next();
                if after.is_none() || is_past(&messages, sought.date) {
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn conversations(
        &self,
        session: &Session,
        contact: &CrmContactId,
    ) -> Result<Vec<CrmConversationId>, Error> {
        let url = FIND_CONVERSATION.address(session, &["conversations", "search"])?;
        let query = [("locationId", session.location.as_str()), ("contactId", contact.as_str())];
        let call = self.http.get(url).query(&query);

        let answer = self.send(session, FIND_CONVERSATION, call).await?;
        let Conversations { conversations } = FIND_CONVERSATION.read(&answer)?;
        let theirs = conversations
            .into_iter()
            .filter(|it| it.contact_id.as_ref().is_none_or(|id| id == contact));
        Ok(theirs.map(|it| it.id).take(CONVERSATIONS).collect())
    }

    async fn page(
        &self,
        session: &Session,
        conversation: &CrmConversationId,
        after: Option<&CrmMessageId>,
    ) -> Result<Page, Error> {
        let url = LIST.address(session, &["conversations", conversation.as_str(), "messages"])?;
        let mut query = vec![("limit", PAGE)];
        query.extend(after.map(|id| ("lastMessageId", id.as_str())));

        let answer = self.send(session, LIST, self.http.get(url).query(&query)).await?;
        LIST.read::<Shape>(&answer).map(Page::from)
    }
}

#[derive(Deserialize)]
struct Conversations {
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversation {
    id: CrmConversationId,
    #[serde(default)]
    contact_id: Option<CrmContactId>,
}

/// The specification prints a page; the API wraps it once more.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shape {
    Flat(Page),
    Nested { messages: Page },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    messages: Vec<Value>,
    #[serde(default, rename = "nextPage")]
    has_next: bool,
    #[serde(default)]
    last_message_id: Option<CrmMessageId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: CrmMessageId,
    direction: String,
    date_added: Timestamp,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    alt_id: Option<String>,
}

impl From<Shape> for Page {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Flat(page) | Shape::Nested { messages: page } => page,
        }
    }
}

impl Page {
    /// Those that look like messages. A conversation also holds calls, notes and activities.
    fn messages(&self) -> Vec<Message> {
        self.messages.iter().filter_map(|it| Message::deserialize(it).ok()).collect()
    }

    fn next(&self) -> Option<CrmMessageId> {
        self.last_message_id.clone().filter(|_| self.has_next)
    }
}

impl Message {
    fn can_be(&self, sought: &Sought<'_>) -> bool {
        if self.direction != "inbound" {
            return false;
        }
        // Whether answers carry our id is not documented. Where they do, it decides.
        if let Some(alt_id) = &self.alt_id {
            return alt_id == sought.alt_id.as_str();
        }
        let body = self.body.as_deref().unwrap_or_default();
        let distance = self.date_added.duration_since(sought.date).abs();
        body.trim() == sought.text.as_str().trim() && distance <= TOLERANCE
    }
}

/// Whether a page, in the order newest first, ends before `date`. The order is not documented, so
/// a page in another order never does.
fn is_past(messages: &[Message], date: Timestamp) -> bool {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
        return false;
    };
    let is_newest_first = first.date_added > last.date_added;
    is_newest_first && date.duration_since(last.date_added) > TOLERANCE
}
