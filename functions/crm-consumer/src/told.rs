//! Acting on what the CRM tells us. Each event is done in one transaction with what it changes, so it
//! may come twice; and older news never undoes newer.

use app::InstallError;
use aws::{Again, Commit, Row, Scope, StoreError, Transaction, logs::Chain, metrics};
use domain::{
    crm_event::{CrmEvent, News},
    event::{Outcome, WebhookEvent},
    heard::Heard,
    ids::{ContactId, ConversationId, EventId, TenantId},
    integration::Status,
    parked::{Parked, Until},
    phone::PhoneNumber,
    sync_log::{LogEntry, LogResult, Operation},
    work::{CLAIM_LIMIT, LEASE},
};
use jiff::Timestamp;
use tracing::{error, info};

use crate::{Deps, contact, message, mirror};

/// An event under work.
pub(crate) struct Told<'a> {
    pub(crate) deps: &'a Deps,
    pub(crate) scope: Scope<'a>,
    pub(crate) row: &'a Row<WebhookEvent>,
    pub(crate) event: &'a CrmEvent,
    /// The number of the person it is about, if we know it.
    pub(crate) phone: Option<PhoneNumber>,
    pub(crate) now: Timestamp,
}

pub(crate) async fn apply(
    deps: &Deps,
    tenant: &TenantId,
    event: &EventId,
    now: Timestamp,
) -> Result<(), Again> {
    let scope = deps.installing.renewal.store.of(tenant);
    let Some(row) = scope.event(event).await? else { return Ok(()) };
    let Heard::Crm(event) = row.body.heard.clone() else { return Ok(()) };
    if row.body.is_finished() || row.body.parked.is_some() {
        return Ok(());
    }
    let phone = phone(scope, &event).await?;
    if row.body.claims >= CLAIM_LIMIT {
        let told = Told { deps, scope, row: &row, event: &event, phone, now };
        return told.quarantine("it was begun five times and never came to an outcome").await;
    }
    let row = claim(scope, row, now).await?;
    let told = Told { deps, scope, row: &row, event: &event, phone, now };
    let done = match waits_for(&told).await {
        Ok(Some(until)) => match message::hear_first(&told).await {
            Ok(()) => told.park(until).await,
            failed => failed,
        },
        Ok(None) => act(&told).await,
        Err(error) => Err(error.into()),
    };
    if done.is_err() {
        // It failed and said so. Only who never came to say anything has used up a claim.
        let next = WebhookEvent { claims: row.body.claims - 1, due: Some(now), ..row.body.clone() };
        let _ = scope.replace_event(row, next).await;
    }
    done
}

/// Whoever begins with an event writes that first, so that one which kills whoever reads it is given
/// up some day.
async fn claim(
    scope: Scope<'_>,
    row: Row<WebhookEvent>,
    now: Timestamp,
) -> Result<Row<WebhookEvent>, StoreError> {
    let claims = row.body.claims + 1;
    let next = WebhookEvent { claims, due: Some(now + LEASE), ..row.body.clone() };
    scope.replace_event(row, next).await
}

async fn act(told: &Told<'_>) -> Result<(), Again> {
    match &told.event.news {
        News::Installed { .. }
        | News::Uninstalled { .. }
        | News::AgencyLeft { .. }
        | News::Renamed { .. } => installation(told).await,
        News::Contact(news) => contact::apply(told, news).await,
        News::Message(news) => message::apply(told, news).await,
        News::Unread { count, .. } => message::unread(told, *count).await,
        News::Deal(news) => mirror::deal(told, news).await,
        News::Appointment(news) => mirror::appointment(told, news).await,
        News::User(news) => mirror::user(told, news).await,
    }
}

async fn installation(told: &Told<'_>) -> Result<(), Again> {
    let (installing, at, now) = (&told.deps.installing, told.event.at, told.now);
    let done: Result<bool, InstallError> = match &told.event.news {
        News::Installed { location, company } => {
            installing.announced(location, company.as_ref(), at, now).await.map(|()| true)
        }
        News::Uninstalled { location } => {
            metrics::count("Uninstalls");
            installing.uninstalled(location, at, now).await.map(|()| true)
        }
        News::AgencyLeft { company } => {
            metrics::count("Uninstalls");
            installing.agency_left(company, at, now).await.map(|()| true)
        }
        News::Renamed { location, name } => installing.renamed(location, name, at).await,
        _ => Ok(false),
    };
    match done {
        Ok(true) => told.done(told.scope.transaction()).await,
        Ok(false) => told.nothing(Outcome::Ignored, "we know no such installation").await,
        Err(error) if error.is_final() => told.quarantine(&Chain(&error).to_string()).await,
        Err(error) => Err(Again::soon(error)),
    }
}

/// The number in the event itself, else the one at which we know the contact.
async fn phone(scope: Scope<'_>, event: &CrmEvent) -> Result<Option<PhoneNumber>, StoreError> {
    let said = match &event.news {
        News::Contact(it) => it.phone.clone(),
        News::Message(it) => it.phone.clone(),
        _ => None,
    };
    let (None, Some(contact)) = (&said, event.contact()) else { return Ok(said) };
    if let Some(phone) = scope.phone_of(contact).await? {
        return Ok(Some(phone));
    }
    // Two contacts with one phone: it leads to the other one.
    let lead = scope.lead(&ContactId::of(scope.tenant_id(), contact)).await?;
    Ok(lead.and_then(|row| row.body.phone))
}

/// What is told of a tenant that is not served just now waits with its other work.
async fn waits_for(told: &Told<'_>) -> Result<Option<Until>, StoreError> {
    if told.event.cannot_wait() || *told.scope.tenant_id() == TenantId::platform() {
        return Ok(None);
    }
    if !told.scope.tenant().await?.is_active() {
        return Ok(Some(Until::TenantActive));
    }
    let integration = told.scope.integration(&told.row.body.integration).await?;
    // What was told of one that is gone waits for nothing.
    let is_active = integration.is_none_or(|it| it.status == Status::Active);
    Ok((!is_active).then_some(Until::CrmConnected))
}

impl Told<'_> {
    pub(crate) fn conversation(&self) -> Option<ConversationId> {
        let phone = self.phone.as_ref()?;
        Some(ConversationId::with(self.scope.tenant_id(), phone))
    }

    /// The event was acted on by this transaction.
    pub(crate) async fn done(&self, transaction: Transaction<'_>) -> Result<(), Again> {
        metrics::count("CrmEventsApplied");
        let done = self.row.body.clone().done(Outcome::Applied, self.now);
        self.write(transaction, &done, LogResult::Success).await
    }

    /// Nothing is to be done about the event.
    pub(crate) async fn nothing(&self, outcome: Outcome, why: &str) -> Result<(), Again> {
        let id = &self.row.body.id;
        info!(event.id = %id, "event {id} changes nothing: {why}");
        if outcome == Outcome::OurOwn {
            metrics::count("CrmEchoes");
        }
        let done = self.row.body.clone().done(outcome, self.now);
        let result = LogResult::Refused { why: why.to_owned() };
        self.write(self.scope.transaction(), &done, result).await
    }

    /// The job is done; the sweeper brings it back. Nothing about the same person has to wait for it.
    pub(crate) async fn put_off(&self, due: Timestamp, why: &str) -> Result<(), Again> {
        let next = WebhookEvent { due: Some(due), claims: 0, ..self.row.body.clone() };
        let result = LogResult::Deferred { why: why.to_owned() };
        self.write(self.scope.transaction(), &next, result).await
    }

    /// It needs a person.
    async fn quarantine(&self, why: &str) -> Result<(), Again> {
        metrics::count("EventsQuarantined");
        error!(event.id = %self.row.body.id, "event {} is quarantined: {why}", self.row.body.id);
        let next = self.row.body.clone().quarantined(why, self.now);
        let result = LogResult::Failed { why: why.to_owned() };
        self.write(self.scope.transaction(), &next, result).await
    }

    async fn park(&self, until: Until) -> Result<(), Again> {
        metrics::count("EventsParked");
        let result = LogResult::Deferred { why: until.explanation() };
        let held = self.row.body.clone().parked(Parked::new(until, self.now));
        self.write(self.scope.transaction(), &held, result).await
    }

    async fn write(
        &self,
        transaction: Transaction<'_>,
        next: &WebhookEvent,
        result: LogResult,
    ) -> Result<(), Again> {
        let entry = LogEntry::new(self.now, Operation::ApplyCrmEvent, &next.id, result)
            .caused_by(&next.id)
            .with(&next.integration);
        let entry = match self.conversation() {
            Some(conversation) => entry.about(&conversation),
            None => entry,
        };
        match transaction.replace_event(self.row, next).log(&entry).commit().await? {
            Commit::Done => Ok(()),
            Commit::Refused(_) => Err(StoreError::Conflict.into()),
        }
    }
}
