//! The same thing is delivered again and again.

use anyhow::ensure;

use super::{
    cast::{Cast, accepted, bodies_in, exactly},
    tell::{Failed, Teller},
};
use crate::sims::{carrier::InboundText, ghl::Delivered};

const DORA: &str = "+12125550121";
const COPIES: usize = 20;
const TEXT: &str = "I pressed send once";
const REPLY: &str = "And we answer once.";

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("The same deliveries, again and again");
    let dora = on.texting(DORA);
    let claim = "Texting posts one text 20 times at once: 200 each time";
    teller
        .does(claim, async {
            let text = InboundText::new(dora.phone, dora.ours.as_str(), TEXT);
            let received = on.texting.receives_at_once(text, COPIES).await;
            ensure!(received.len() == COPIES, "{} posts", received.len());
            received.iter().try_for_each(accepted)
        })
        .await?;
    let claim = "GoHighLevel shows it once, and no work is left";
    teller
        .shows(claim, async || {
            exactly(&bodies_in(&on.heard(dora)), &[TEXT])?;
            on.world.is_idle(&["InboundQueue"]).await
        })
        .await?;

    let claim = "GoHighLevel posts an agent's answer three times: 200 each time";
    teller
        .does(claim, async {
            let id = on.agent_writes(dora, REPLY).await?;
            for answer in on.ghl.redeliver_copies(&id, 2).await {
                ensure!(answer == Delivered::Answered(200), "{answer:?}");
            }
            Ok(())
        })
        .await?;
    let claim = "Texting sends it once, and no work is left";
    teller
        .shows(claim, async || {
            super::replies::is_sent(on, dora, REPLY)?;
            on.world.is_idle(&["OutboundQueue"]).await
        })
        .await
}
