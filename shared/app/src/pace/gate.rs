//! Each call to GoHighLevel keeps to the pace that all functions share.

use std::{sync::Arc, time::Duration};

use domain::{
    allowance::{Lane, TRANSIT},
    ids::TenantId,
    integration::Provider,
};
use ghl::{Calling, Gate, Held, Passing, RateLimit};
use jiff::{SignedDuration, Timestamp};

use super::{Admitted, Pace, Report, Wait, Watch};

/// What of [`TRANSIT`] is for the call itself, and for what a job's own time lags behind
/// (`aws::queue::work` tells it to the second).
const CALL: SignedDuration = SignedDuration::from_millis(500);
const LAG: SignedDuration = SignedDuration::from_secs(1);

/// A call that was let go and then took too long to leave comes back.
const LATE: Duration = Duration::from_secs(1);

/// Somebody who calls GoHighLevel for a tenant.
#[derive(Debug)]
struct Paced {
    pace: Arc<Pace>,
    tenant: TenantId,
    lane: Lane,
    watch: Watch,
}

impl Pace {
    /// Who lets this tenant's calls of that lane through.
    pub fn gate(
        self: &Arc<Self>,
        (tenant, lane): (&TenantId, Lane),
        now: Timestamp,
    ) -> Arc<dyn Gate> {
        let (pace, tenant) = (Arc::clone(self), tenant.clone());
        Arc::new(Paced { pace, tenant, lane, watch: Watch::begin(now) })
    }
}

impl Paced {
    async fn admitted(&self) -> Result<Admitted, Held> {
        let asked_at = self.watch.now();
        let admitted = self.pace.admit(&self.tenant, Provider::Ghl, self.lane, asked_at).await;
        let admitted = admitted.map_err(|wait| held(wait, asked_at))?;
        // The table may have been slow, and a call counts from when it was asked for.
        let now = self.watch.now();
        if now.duration_since(asked_at) > TRANSIT - CALL - LAG {
            self.pace.report(admitted, Report::not_made(), now).await;
            return Err(Held { retry_after: LATE });
        }
        Ok(admitted)
    }
}

impl Gate for Paced {
    fn pass<'a>(&'a self, call: Calling<'a>) -> Passing<'a> {
        Box::pin(async move {
            let admitted = self.admitted().await?;
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
