//! Seeing to it that there is a token.

use app::Renewed;
use aws::Again;
use domain::{jobs::MindToken, token::Need};
use jiff::{SignedDuration, Timestamp};

use crate::Deps;

/// What has to wait longer is found by the schedule that looks after all tokens.
const SOON: SignedDuration = SignedDuration::from_mins(2);

/// Renews a token that is due or was refused, and stays at it until it is known what came of it.
pub(crate) async fn mind(deps: &Deps, job: &MindToken, now: Timestamp) -> Result<(), Again> {
    let need = match job.refused {
        Some(than) => Need::Another { than },
        None if job.is_awake => Need::Awake,
        None => Need::Later,
    };
    let renewal = &deps.installing.renewal;
    match renewal.renew(&job.tenant, &job.holder, need, now).await {
        Ok(Renewed::Later { due }) if due < now + SOON => {
            Err(Again::at(due, now, "a token is being renewed"))
        }
        Ok(Renewed::Later { .. } | Renewed::Done | Renewed::NotNeeded | Renewed::Lost) => Ok(()),
        Err(error) => Err(Again::soon(error)),
    }
}
