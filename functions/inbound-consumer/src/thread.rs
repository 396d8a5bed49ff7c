//! Adding the text to the CRM's thread, and never twice.
//!
//! The CRM does not notice that it was given the same text before. So before it is called we write
//! down that we are about to (`Stage::Posting`), and whoever finds that mark looks for the text in
//! the thread before adding it.

use std::time::{Duration, Instant};

use app::{CrmError, MayBeRefusal};
use aws::{ForeignId, PhoneOwner, StoreError};
use domain::{
    allowance::Lane,
    ids::{CrmMessageId, MessageId},
};
use ghl::{CrmMessage, InboundPost, Kind, Session, Sought};
use jiff::{SignedDuration, Timestamp};

use crate::{Deps, Told, claim::Earlier};

/// What the CRM adds shows up in its search within ten seconds, and a function that had begun to
/// add it ran for thirty at most. Looking sooner might miss it.
const SHOWS_UP_AFTER: SignedDuration = SignedDuration::from_secs(40);

/// We looked, it was not there, and adding it was in doubt again, this many times over: either the
/// CRM does not show what it takes, or it answers what we cannot read. Another try could double it.
const DOUBTS: u32 = 8;

/// The text as it lies in the CRM, and whose it is.
pub(crate) struct Added {
    pub(crate) message: MessageId,
    pub(crate) owner: PhoneOwner,
    pub(crate) crm: CrmMessage,
    /// An earlier try may have added it.
    pub(crate) was_in_doubt: bool,
    /// How long the CRM took, for all that it was asked.
    pub(crate) took: Duration,
}

/// Why the text is not in the CRM's thread, as far as we know.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAdded {
    #[error("it is too early to see whether an earlier try added it")]
    TooEarly(Timestamp),
    #[error("the CRM left us in doubt {DOUBTS} times whether it added the text")]
    TooManyDoubts,
    #[error("the CRM could not be asked to add the text")]
    Crm(#[from] CrmError),
    #[error("the CRM was asked to add the text")]
    Asked(#[source] ghl::Error),
    #[error("the table did not answer")]
    Store(#[from] StoreError),
}

impl MayBeRefusal for NotAdded {
    fn said(&self) -> Option<&ghl::Error> {
        match self {
            Self::Crm(error) => error.said(),
            Self::Asked(error) => Some(error),
            Self::TooEarly(_) | Self::TooManyDoubts | Self::Store(_) => None,
        }
    }
}

impl From<ghl::Error> for NotAdded {
    fn from(error: ghl::Error) -> Self {
        Self::Crm(error.into())
    }
}

/// Whether we have this text already: a provider may tell of one text in two events.
pub(crate) async fn is_known(deps: &Deps, told: Told<'_>) -> Result<bool, StoreError> {
    Ok(deps.store.of(told.tenant).message(&message_id(told)).await?.is_some())
}

pub(crate) async fn add(
    deps: &Deps,
    told: Told<'_>,
    earlier: Option<Earlier>,
    now: Timestamp,
) -> Result<Added, NotAdded> {
    if let Some(shows_up) = earlier.map(|it| it.since + SHOWS_UP_AFTER)
        && shows_up > now
    {
        return Err(NotAdded::TooEarly(shows_up));
    }
    let begun = Instant::now();
    let (owner, crm) = deps
        .crm
        .speaking(&deps.connections, (told.tenant, Lane::Reply), now, async |session| {
            ask(deps, told, session, earlier).await
        })
        .await?;
    let was_in_doubt = earlier.is_some();
    Ok(Added { message: message_id(told), owner, crm, was_in_doubt, took: begun.elapsed() })
}

async fn ask(
    deps: &Deps,
    told: Told<'_>,
    session: &Session,
    earlier: Option<Earlier>,
) -> Result<(PhoneOwner, CrmMessage), NotAdded> {
    let (store, phone) = (&deps.store, &told.text.from);
    let owner = deps.crm.owner_of(session, store, told.tenant, phone).await?;

    if let Some(earlier) = earlier {
        if let Some(crm) = find(deps, told, session, &owner).await? {
            return Ok((owner, crm));
        }
        if earlier.in_doubt >= DOUBTS {
            return Err(NotAdded::TooManyDoubts);
        }
    }
    match post(deps, told, session, &owner).await {
        // Somebody deleted the contact. The phone has another now, or gets one.
        Err(error) if error.kind() == Kind::NotFound => {
            let scope = store.of(told.tenant);
            let owner = deps.crm.ask_for_owner(session, scope, phone).await?;
            let crm = post(deps, told, session, &owner).await.map_err(NotAdded::Asked)?;
            Ok((owner, crm))
        }
        crm => {
            let crm = crm.map_err(NotAdded::Asked)?;
            Ok((owner, crm))
        }
    }
}

async fn post(
    deps: &Deps,
    told: Told<'_>,
    session: &Session,
    owner: &PhoneOwner,
) -> Result<CrmMessage, ghl::Error> {
    let post = InboundPost {
        contact: &owner.crm_contact,
        text: &told.text.text,
        media: &told.text.media,
        alt_id: &message_id(told),
        date: told.text.sent_at,
    };
    deps.crm.client.add_inbound(session, &post).await
}

/// The text in the CRM's thread, where an earlier try may have added it. What looks like it and is
/// another message of ours is not it: people do say the same thing twice.
async fn find(
    deps: &Deps,
    told: Told<'_>,
    session: &Session,
    owner: &PhoneOwner,
) -> Result<Option<CrmMessage>, NotAdded> {
    let ours = message_id(told);
    let sought = Sought {
        contact: &owner.crm_contact,
        text: &told.text.text,
        alt_id: &ours,
        date: told.text.sent_at,
    };
    for candidate in deps.crm.client.find_inbound(session, &sought).await? {
        if belongs_to(deps, told, &candidate.message).await?.is_none_or(|it| it == ours) {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

async fn belongs_to(
    deps: &Deps,
    told: Told<'_>,
    crm_message: &CrmMessageId,
) -> Result<Option<MessageId>, StoreError> {
    deps.store.of(told.tenant).message_called(ForeignId::CrmMessage(crm_message)).await
}

pub(crate) fn message_id(told: Told<'_>) -> MessageId {
    MessageId::inbound(told.tenant, &told.event.integration, &told.text.provider_message)
}
