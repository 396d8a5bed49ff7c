//! What an answer of GoHighLevel's says of it.

use std::time::Duration;

use domain::{allowance::Told, breaker::Outcome};
use ghl::{Kind, RateLimit};
use jiff::SignedDuration;

use super::{GHL, Report};

impl Report {
    /// It did what it was asked.
    pub fn answered(limit: RateLimit) -> Self {
        Self { outcome: Outcome::Success, told: told(limit) }
    }

    /// It did not, which need not be because it is not well.
    pub fn failed(error: &ghl::Error) -> Self {
        let told = told(error.rate_limit());
        match error.kind() {
            Kind::Unavailable | Kind::InDoubt => Self { outcome: Outcome::Failure, told },
            Kind::RateLimited { retry_after, .. } => {
                let wait = retry_after.map_or(GHL.interval, signed);
                let told = Told { leave_alone: Some(wait), ..told };
                Self { outcome: Outcome::Ignored, told }
            }
            // Without a status the call never left.
            _ if error.status().is_none() => Self::not_made(),
            Kind::Held { .. } => Self::not_made(),
            Kind::Unauthorized
            | Kind::NeedsReconnect
            | Kind::CodeNotAccepted
            | Kind::Forbidden
            | Kind::Configuration
            | Kind::NotReady
            | Kind::NotFound
            | Kind::OptedOut
            | Kind::Suspended
            | Kind::Refused => Self { outcome: Outcome::Success, told },
        }
    }

    /// There was no call after all.
    pub fn not_made() -> Self {
        Self { outcome: Outcome::Ignored, told: Told::default() }
    }
}

fn told(limit: RateLimit) -> Told {
    let number = |it: Option<u64>| it.map(|it| u32::try_from(it).unwrap_or(u32::MAX));
    Told {
        per_interval: number(limit.max),
        interval: limit.interval.map(signed),
        left: number(limit.remaining),
        per_day: number(limit.daily_max),
        left_today: number(limit.daily_remaining),
        day_ends_in: limit.daily_reset.map(signed),
        leave_alone: None,
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
