//! What the agent sees of the answers from before. GoHighLevel refuses to hear of a message in its
//! first seconds.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use super::{
    cast::Cast,
    tell::{Failed, Teller},
};
use crate::sims::fault::{Fault, Planned};

/// GoHighLevel settles within ten seconds, and we ask again no sooner.
const SETTLING: Duration = Duration::from_secs(40);

pub(super) async fn play(
    on: Cast<'_>,
    teller: &mut Teller<'_>,
    replies: &[String],
) -> Result<(), Failed> {
    teller.chapter("The carriers' reports on those answers have come in");
    teller
        .shows("each message is delivered, by its carrier's word", async || {
            for id in replies {
                let status = on.ours(id).await?.delivery.status();
                ensure!(status == "delivered", "we have one as {status}");
            }
            Ok(())
        })
        .await?;
    let claim = "the agent sees delivered on each, also after a 403 too soon";
    teller
        .shows_within(SETTLING, claim, async || {
            for id in replies {
                let status = on.status(id)?.status;
                ensure!(status == "delivered", "GoHighLevel shows {status} on one");
            }
            let statuses = on.ghl.statuses_of("update_status");
            ensure!(statuses.contains(&Some(403)), "the calls were answered {statuses:?}");
            Ok(())
        })
        .await
}

/// The next report on a message comes before GoHighLevel has found out whose it is.
pub(super) fn refuse_one_status(on: Cast<'_>) {
    let body = json!({
        "statusCode": 403,
        "message": "No conversation provider found for this message",
        "canonicalCode": "CONVERSATIONS_MSG_PROVIDER_NOT_FOUND",
    });
    let fault = Fault::Status { status: 403, body: Some(body), retry_after: None };
    on.ghl.faults().add(Planned { on: "update_status".into(), times: 1, fault });
}
