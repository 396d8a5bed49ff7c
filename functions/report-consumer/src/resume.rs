//! What was parked goes on, once what it waited for has happened.
//!
//! Everything that is parked is looked at, and asked anew whether it has anything to wait for: what
//! has changed is not passed along, so nothing can be missed by it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use aws::{Again, Asked, Row, Scope, StoreError, Table, Waiting, logs::Chain, metrics};
use domain::{
    ids::{IntegrationId, TenantId},
    integration::Status,
    jobs::Job,
    parked::{Parked, Until},
    resumption::Resumption,
};
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::Deps;

const PAGE: i32 = 100;

/// After this long a run stops, and another goes on from the beginning.
const BUDGET: Duration = Duration::from_secs(15);

/// Functions remember for a minute what was changed, and may park something during that minute that
/// has nothing to wait for. So everything is looked at again this long after.
const SETTLES: SignedDuration = SignedDuration::from_mins(3);

pub(crate) async fn resume(deps: &Deps, tenant: &TenantId, now: Timestamp) -> Result<(), Again> {
    let scope = deps.store.of(tenant);
    let Some(row) = scope.resumption().await? else { return Ok(()) };
    match row.body.due {
        None => Ok(()),
        Some(due) if due > now => Err(Again::at(due, now, "it is too early to look again")),
        Some(_) => look(deps, scope, row, now).await,
    }
}

async fn look(
    deps: &Deps,
    scope: Scope<'_>,
    row: Row<Resumption>,
    now: Timestamp,
) -> Result<(), Again> {
    let mut gates = Gates::read(scope).await?;
    let begun = Instant::now();
    let mut is_all = true;
    for table in [Table::Journal, Table::State] {
        is_all &= look_at(deps, scope, &mut gates, table, begun, now).await?;
    }
    let settled = row.body.asked_at + SETTLES;
    let due = match (is_all, settled > now) {
        (false, _) => Some(now),
        (true, true) => Some(settled),
        (true, false) => None,
    };
    let next = Resumption { due, ..row.body.clone() };
    scope.replace_resumption(&row, &next).await?;
    // The last look is left to the sweeper: a job that waited for it would keep others waiting, who
    // have let go on something else meanwhile.
    if is_all { Ok(()) } else { Err(Again::at(now, now, "there is more to look at")) }
}

/// Whether all of the table was looked at.
async fn look_at(
    deps: &Deps,
    scope: Scope<'_>,
    gates: &mut Gates,
    table: Table,
    begun: Instant,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = scope.waiting(table, Asked::oldest(PAGE).after(after)).await?;
        for waiting in page.items {
            let is_open = match parked(&waiting) {
                Some(parked) => gates.open(scope, &parked.until).await?,
                None => false,
            };
            if is_open {
                let_go(deps, scope, waiting, now).await;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(true);
        }
        if begun.elapsed() > BUDGET {
            return Ok(false);
        }
    }
}

fn parked(waiting: &Waiting) -> Option<&Parked> {
    match waiting {
        Waiting::Event(row) => row.body.parked.as_ref(),
        Waiting::Message(row) => row.body.parked.as_ref(),
        Waiting::Telling(row) => row.body.parked.as_ref(),
        Waiting::Standing(row) => row.body.parked.as_ref(),
        Waiting::Copy(row) => row.body.parked.as_ref(),
    }
}

/// One that changes under our hands is left to the next look.
async fn let_go(deps: &Deps, scope: Scope<'_>, waiting: Waiting, now: Timestamp) {
    match written(scope, waiting, now).await {
        Ok(Some(job)) => {
            metrics::count("WorkResumed");
            info!("{} goes on", job.subject());
            deps.queues.offer(&job, now).await;
        }
        Ok(None) => {}
        Err(e) => warn!(error = %Chain(&e), "something parked could not be let go on"),
    }
}

async fn written(
    scope: Scope<'_>,
    waiting: Waiting,
    now: Timestamp,
) -> Result<Option<Job>, StoreError> {
    let tenant = scope.tenant_id();
    Ok(match waiting {
        Waiting::Event(row) => {
            let next = row.body.clone().resumed(now);
            let job = next.job(tenant);
            scope.replace_event(row, next).await?;
            job
        }
        Waiting::Message(row) => {
            let next = row.body.clone().resumed(now);
            scope.replace_message(&row, &next).await?;
            Some(next.job(tenant))
        }
        Waiting::Telling(row) => {
            let next = row.body.clone().resumed(now);
            scope.replace_telling(&row, &next).await?;
            Some(next.job(tenant))
        }
        Waiting::Standing(row) => {
            let next = row.body.clone().resumed(now);
            scope.replace_opt_out(&row, &next).await?;
            Some(next.job(tenant))
        }
        Waiting::Copy(row) => {
            let next = row.body.clone().resumed(now);
            scope.replace_contact_copy(&row, &next).await?;
            Some(next.job(tenant))
        }
    })
}

/// What is open, read anew for each look and never from a cache.
struct Gates {
    tenant: bool,
    crm: Option<IntegrationId>,
    integrations: HashMap<IntegrationId, bool>,
}

impl Gates {
    async fn read(scope: Scope<'_>) -> Result<Self, StoreError> {
        let tenant = scope.tenant().await?;
        let is_active = tenant.is_active();
        Ok(Self { tenant: is_active, crm: tenant.crm, integrations: HashMap::new() })
    }

    async fn open(&mut self, scope: Scope<'_>, until: &Until) -> Result<bool, StoreError> {
        if !self.tenant {
            return Ok(false);
        }
        match (until, self.crm.clone()) {
            (Until::TenantActive, _) => Ok(true),
            (Until::CrmConnected, None) => Ok(false),
            (Until::CrmConnected, Some(crm)) => self.is_active(scope, &crm).await,
            (Until::IntegrationActive { integration }, _) => {
                self.is_active(scope, integration).await
            }
        }
    }

    async fn is_active(
        &mut self,
        scope: Scope<'_>,
        id: &IntegrationId,
    ) -> Result<bool, StoreError> {
        if let Some(is_active) = self.integrations.get(id) {
            return Ok(*is_active);
        }
        let found = scope.integration(id).await?;
        let is_active = match found {
            Some(integration) => integration.status == Status::Active,
            // It is gone for good. What waited for it goes on, and fails with the reason.
            None => true,
        };
        self.integrations.insert(id.clone(), is_active);
        Ok(is_active)
    }
}
