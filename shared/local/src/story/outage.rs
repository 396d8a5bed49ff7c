//! GoHighLevel and a carrier are down for a while.

use std::time::Duration;

use anyhow::ensure;

use super::{
    cast::{Cast, bodies, bodies_in, exactly, says},
    tell::{Failed, Teller},
    texts::{ANNA, BEN},
};
use crate::sims::fault::{Fault, Planned};

/// She has never texted before, so GoHighLevel is asked for her contact first.
const FRIDA: &str = "+12125550151";
const TEXTS: [&str; 3] = ["First things first", "second", "third and last"];
/// What GoHighLevel takes without ever saying so.
const UNANSWERED: &str = "Did you get this?";
const REPLIES: [&str; 3] = ["Sunday it is.", "Ten o'clock.", "Bring an umbrella."];

/// An unanswered call is given up after 5 s, and looked after when GoHighLevel's search has had
/// its 10 s.
const DRAINED: Duration = Duration::from_mins(1);

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("An outage: GoHighLevel answers 500 or nothing, Telnyx answers 429");
    break_down(on);
    let frida = on.texting(FRIDA);
    let claim = "three texts and three answers of an agent come in, and all are accepted";
    teller
        .does(claim, async {
            for text in TEXTS {
                says(on.texting, frida, text).await?;
            }
            says(on.texting, on.texting(ANNA), UNANSWERED).await?;
            for reply in REPLIES {
                on.agent_writes(on.telnyx(BEN), reply).await?;
            }
            Ok(())
        })
        .await?;
    teller
        .shows("they wait: both sides were called, and nothing came of it", async || {
            let refused = on.ghl.statuses_of("upsert_contact").contains(&Some(500));
            ensure!(refused, "GoHighLevel was not asked for the contact");
            ensure!(on.ghl.statuses_of("add_inbound").contains(&None), "no call hangs");
            ensure!(on.heard(frida).is_empty(), "GoHighLevel has a text");
            Ok(())
        })
        .await?;
    recover(on);
    drain(on, teller).await
}

/// The one call that hangs has its effect all the same: GoHighLevel takes the text.
fn break_down(on: Cast<'_>) {
    let plan = |on: &str, times, fault| Planned { on: on.into(), times, fault };
    let status = |status| Fault::Status { status, body: None, retry_after: None };
    on.ghl.faults().add(plan("upsert_contact", 1_000, status(500)));
    on.ghl.faults().add(plan("add_inbound", 1, Fault::HangAfter));
    on.telnyx.plan_fault(plan("send", 2, status(429)));
}

fn recover(on: Cast<'_>) {
    on.ghl.faults().clear();
}

async fn drain(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    let (frida, anna, ben) = (on.texting(FRIDA), on.texting(ANNA), on.telnyx(BEN));
    let claim = "the answers go out after it, each once, in the order written";
    teller
        .shows_within(DRAINED, claim, async || {
            let got = on.got(ben);
            exactly(&bodies(&got)[1..], &REPLIES)
        })
        .await?;
    let claim = "the texts reach GoHighLevel after it, each once, in the order sent";
    teller
        .shows_within(DRAINED, claim, async || exactly(&bodies_in(&on.heard(frida)), &TEXTS))
        .await?;
    let claim = "the text whose answer was lost was looked for, found, and not added again";
    teller
        .shows_within(DRAINED, claim, async || {
            on.world.is_idle(&["InboundQueue", "OutboundQueue"]).await?;
            ensure!(!on.ghl.statuses_of("search_conversations").is_empty(), "nobody looked for it");
            exactly(&bodies_in(&on.heard(anna))[1..], &[UNANSWERED])?;
            exactly(&bodies_in(&on.heard(frida)), &TEXTS)
        })
        .await
}
