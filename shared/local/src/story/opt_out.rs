//! STOP, and what an agent can do after it: nothing.

use anyhow::{Context as _, ensure};
use aws::Asked;
use domain::consent::{Act, Source};

use super::{
    cast::{Cast, Person, bodies, bodies_in, exactly, says},
    tell::{Failed, Teller},
};
use crate::sims::ghl::AgentMessage;

pub(super) const EMIL: &str = "+12125550141";
pub(super) const CONFIRMATION: &str =
    "demo: you are unsubscribed and will receive no more messages. Reply START to resubscribe.";
const TAGS: [&str; 2] = ["DNC-SMS", "SMS Opted Out"];

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("STOP");
    let emil = on.texting(EMIL);
    teller
        .does(
            "a customer texts STOP to a carrier that leaves it to us",
            says(on.texting, emil, "STOP"),
        )
        .await?;
    let claim = "the opt-out registry has it, the ledger their own word";
    teller.shows(claim, async || is_registered(on, emil).await).await?;
    let claim = "one confirmation goes out, from the number they texted";
    teller
        .shows(claim, async || {
            super::replies::is_sent(on, emil, CONFIRMATION)?;
            exactly(&bodies(&on.got(emil)), &[CONFIRMATION])
        })
        .await?;
    teller
        .shows("the agent reads STOP in the thread", async || {
            exactly(&bodies_in(&on.heard(emil)), &["STOP"])
        })
        .await?;
    let claim = "GoHighLevel has do-not-disturb for SMS on, and both tags";
    teller.shows(claim, async || is_marked(on, emil)).await?;

    let claim = "an agent writes all the same, past do-not-disturb";
    let message = AgentMessage::new(&on.world.location, emil.phone, "One last offer!");
    let id = teller.does(claim, on.agent_sends(message.despite_do_not_disturb())).await?;
    let claim = "it is refused, and the agent sees failed with the reason";
    teller.shows(claim, async || is_refused(on, &id).await).await?;
    teller
        .shows("nothing was sent: the customer has the confirmation and no more", async || {
            on.world.is_idle(&["OutboundQueue"]).await?;
            exactly(&bodies(&on.got(emil)), &[CONFIRMATION])
        })
        .await
}

pub(super) fn is_out(on: Cast<'_>, person: Person<'_>) -> bool {
    let contact = on.ghl.contact_by_phone(&on.world.location, person.phone);
    contact.is_some_and(|it| it.sms_do_not_disturb().is_some())
}

async fn is_registered(on: Cast<'_>, person: Person<'_>) -> anyhow::Result<()> {
    let phone = person.phone.parse()?;
    let standing = on.scope().opt_out(&phone).await?.context("the registry has no entry")?.body;
    ensure!(standing.active, "the registry says that they may be texted");
    ensure!(standing.source == Source::Texting, "the source is {}", standing.source);
    let ledger = on.scope().consent_history(&phone, Asked::oldest(100)).await?.items;
    let revoked = ledger.iter().filter(|it| it.act == Act::Revoked && it.wording == "STOP");
    let lines = revoked.count();
    ensure!(lines == 1, "{lines} such lines in the ledger");
    Ok(())
}

fn is_marked(on: Cast<'_>, person: Person<'_>) -> anyhow::Result<()> {
    ensure!(is_out(on, person), "do-not-disturb is off");
    let contact = on.ghl.contact_by_phone(&on.world.location, person.phone);
    let tags = contact.map(|it| it.tags()).unwrap_or_default();
    ensure!(TAGS.iter().all(|tag| tags.iter().any(|it| it == tag)), "the tags are {tags:?}");
    Ok(())
}

async fn is_refused(on: Cast<'_>, id: &str) -> anyhow::Result<()> {
    let ours = on.ours(id).await?.delivery;
    ensure!(ours.status() == "failed", "we have it as {}", ours.status());
    let shown = on.status(id)?;
    ensure!(shown.status == "failed", "GoHighLevel shows {}", shown.status);
    let error = shown.error.context("GoHighLevel was given no reason")?;
    ensure!(error["type"] == "opted_out", "the reason is {error}");
    Ok(())
}
