//! How many requests a caller may make in a minute.
//!
//! Counted in the table, so that it holds however many copies of the function run. `RateLimit-*` are
//! the headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers-07).

use axum::http::HeaderMap;
use domain::{access::Caller, ids::TenantId};
use jiff::Timestamp;

use crate::{
    Deps,
    problem::{Code, Problem},
};

const WINDOW: i64 = 60;

/// What is left of a caller's minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    limit: u32,
    used: u32,
    /// Seconds until the next minute begins.
    reset: u32,
}

/// Counts a request.
pub(crate) async fn count(deps: &Deps, caller: &Caller, now: Timestamp) -> Result<Budget, Problem> {
    let home = home(caller);
    let second = now.as_second();
    let begun = second - second.rem_euclid(WINDOW);
    let minute = Timestamp::from_second(begun).unwrap_or(now);
    let used = deps.store.of(&home).count_call(&caller.subject, minute).await?;
    let reset = u32::try_from(begun + WINDOW - second).unwrap_or(1);
    Ok(Budget { limit: caller.per_minute, used, reset })
}

/// Where what belongs to a caller is kept: with their tenant, or with the operators.
pub(crate) fn home(caller: &Caller) -> TenantId {
    caller.standing.tenant().cloned().unwrap_or_else(TenantId::platform)
}

impl Budget {
    pub(crate) fn refused(self) -> Option<Problem> {
        (self.used > self.limit).then(|| {
            let detail = format!(
                "This key may make {} requests a minute. Come back in {} s.",
                self.limit, self.reset
            );
            Problem::new(Code::RateLimitExceeded, detail).retry_after(self.reset)
        })
    }

    pub(crate) fn show(self, headers: &mut HeaderMap) {
        headers.insert("ratelimit-limit", self.limit.into());
        headers.insert("ratelimit-remaining", self.limit.saturating_sub(self.used).into());
        headers.insert("ratelimit-reset", self.reset.into());
    }
}
