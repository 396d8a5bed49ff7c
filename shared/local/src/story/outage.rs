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

/// A call that is not answered is given up after 5 s, and keeps others waiting until then.
const DRAINED: Duration = Duration::from_secs(40);

/// GoHighLevel's search may take 10 s to show what was added, and a function that was adding it
/// may have been at it for 30.
const FOUND: Duration = Duration::from_secs(80);

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("An outage: GoHighLevel answers 500 or nothing, Telnyx answers 429");
    break_down(on);
    let frida = on.texting(FRIDA);
    let claim = "four texts and three answers of an agent are accepted";
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
        .shows("they wait, while calls to both sides come to nothing", async || {
            let refused = on.ghl.statuses_of("upsert_contact").contains(&Some(500));
            ensure!(refused, "GoHighLevel was not asked for the contact");
            ensure!(on.ghl.statuses_of("add_inbound").contains(&None), "no call hangs");
            ensure!(on.heard(frida).is_empty(), "GoHighLevel has a text");
            Ok(())
        })
        .await?;
    drain(on, teller).await
}

/// As many failures as two tries of each side, which come some seconds apart. The one call that
/// hangs has its effect all the same: GoHighLevel takes the text.
fn break_down(on: Cast<'_>) {
    let plan = |on: &str, times, fault| Planned { on: on.into(), times, fault };
    let status = |status| Fault::Status { status, body: None, retry_after: None };
    on.ghl.faults().add(plan("upsert_contact", 2, status(500)));
    on.ghl.faults().add(plan("add_inbound", 1, Fault::HangAfter));
    on.telnyx.plan_fault(plan("send", 2, status(429)));
}

async fn drain(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    let (frida, ben) = (on.texting(FRIDA), on.telnyx(BEN));
    let claim = "the answers go out after it, each once, in the order written";
    teller
        .shows_within(DRAINED, claim, async || {
            let got = on.got(ben);
            exactly(&bodies(&got)[1..], &REPLIES)
        })
        .await?;
    let claim = "the texts reach GoHighLevel after it, each once, in order";
    teller
        .shows_within(DRAINED, claim, async || exactly(&bodies_in(&on.heard(frida)), &TEXTS))
        .await
}

/// Later: what became of the text that GoHighLevel took and never confirmed.
pub(super) async fn look_back(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("The text that GoHighLevel took in the outage, and never confirmed");
    let anna = on.texting(ANNA);
    let claim = "it is looked for once it must show, found, and not added again";
    teller
        .shows_within(FOUND, claim, async || {
            on.world.is_idle(&["InboundQueue"]).await?;
            ensure!(!on.ghl.statuses_of("search_conversations").is_empty(), "nobody looked for it");
            exactly(&bodies_in(&on.heard(anna))[1..], &[UNANSWERED])
        })
        .await
}
