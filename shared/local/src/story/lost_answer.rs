//! A carrier takes a text, and its answer never arrives.

use anyhow::ensure;

use super::{
    cast::{Cast, Person},
    replies::is_sent,
    tell::{Failed, Teller},
    texts::CLEO,
};
use crate::sims::fault::{Fault, Planned};

const REPLY: &str = "We have put one aside for you.";

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("A lost answer: Twilio takes a text and never says so");
    let cleo = on.twilio(CLEO);
    let called = on.twilio.calls("send");
    let fault = Planned { on: "send".into(), times: 1, fault: Fault::HangAfter };
    on.twilio.plan_fault(fault);
    on.twilio.hold_callbacks().await;
    let id = teller.does("an agent writes", on.agent_writes(cleo, REPLY)).await?;
    teller
        .shows("the message is in doubt: nobody knows whether it was sent", async || {
            is(on, &id, "in_doubt").await
        })
        .await?;

    on.twilio.release_callbacks().await;
    teller
        .shows("Twilio's report carries our id and ends the doubt: delivered", async || {
            is(on, &id, "delivered").await
        })
        .await?;
    teller
        .shows("the agent sees delivered", async || {
            let status = on.status(&id)?.status;
            ensure!(status == "delivered", "GoHighLevel shows {status}");
            Ok(())
        })
        .await?;
    teller
        .shows("Twilio was called once, and the customer has it once", async || {
            was_called_once(on, cleo, called).await
        })
        .await
}

async fn is(on: Cast<'_>, id: &str, expected: &str) -> anyhow::Result<()> {
    let status = on.ours(id).await?.delivery.status();
    ensure!(status == expected, "it is {status}");
    Ok(())
}

async fn was_called_once(on: Cast<'_>, person: Person<'_>, before: u32) -> anyhow::Result<()> {
    on.world.is_idle(&["OutboundQueue"]).await?;
    let calls = on.twilio.calls("send") - before;
    ensure!(calls == 1, "{calls} calls");
    is_sent(on, person, REPLY)
}
