//! Each call to GoHighLevel on a tenant's behalf keeps to the pace that all functions share.

use std::{sync::Arc, time::Duration};

use domain::{allowance::Lane, ids::TenantId, integration::Provider};
use ghl::{Calling, Gate, Held, Passing, RateLimit};
use jiff::Timestamp;

use crate::pace::{Pace, Report, Wait, Watch};

/// Somebody who calls GoHighLevel for a tenant.
#[derive(Debug)]
pub(super) struct Paced {
    pub(super) pace: Arc<Pace>,
    pub(super) tenant: TenantId,
    pub(super) lane: Lane,
    pub(super) watch: Watch,
}

impl Gate for Paced {
    fn pass<'a>(&'a self, call: Calling<'a>) -> Passing<'a> {
        Box::pin(async move {
            let now = self.watch.now();
            let admitted = self.pace.admit(&self.tenant, Provider::Ghl, self.lane, now).await;
            let admitted = admitted.map_err(|wait| held(wait, now))?;
            let done = call.await;
            let report = match &done {
                Ok(answer) => Report::answered(RateLimit::of(answer)),
                Err(error) => Report::failed(error),
            };
            self.pace.report(admitted, report, self.watch.now()).await;
            Ok(done)
        })
    }
}

fn held(wait: Wait, now: Timestamp) -> Held {
    let Wait { until, why } = wait;
    tracing::debug!(%until, "a call to GoHighLevel is held back: {why}");
    let retry_after = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    Held { retry_after }
}
