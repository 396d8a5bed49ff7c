//! START, HELP, and words that only sound like them.

use anyhow::{Context as _, ensure};

use super::{
    cast::{Cast, bodies, bodies_in, exactly, says},
    opt_out::{CONFIRMATION, EMIL, is_out},
    tell::{Failed, Teller},
};

const WELCOME: &str = "demo: you are subscribed again. Msg&data rates may apply. \
                       Reply HELP for help, STOP to cancel.";
const HELP: &str = "demo: for help contact help@example.com. Msg&data rates may apply. \
                    Reply STOP to cancel.";
const AGAIN: &str = "Welcome back.";
const HARMLESS: &str = "see you this weekend";

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("START, HELP, and words that only sound like STOP");
    let emil = on.texting(EMIL);
    teller.does("the customer texts START", says(on.texting, emil, "start")).await?;
    let claim = "the opt-out is lifted, with us and in GoHighLevel";
    teller
        .shows(claim, async || {
            let standing = on.scope().opt_out(&emil.phone.parse()?).await?;
            ensure!(!standing.context("no entry")?.body.active, "the registry still has it");
            ensure!(!is_out(on, emil), "do-not-disturb is still on");
            let contact = on.ghl.contact_by_phone(&on.world.location, emil.phone);
            let tags = contact.context("no contact")?.tags();
            ensure!(tags.is_empty(), "the tags are {tags:?}");
            Ok(())
        })
        .await?;
    teller.does("an agent writes again", on.agent_writes(emil, AGAIN)).await?;
    teller.does("the customer texts HELP", says(on.texting, emil, "Help?")).await?;
    teller.does("and \"see you this weekend\"", says(on.texting, emil, HARMLESS)).await?;
    let claim = "the agent reads all of it, in order";
    teller
        .shows(claim, async || {
            exactly(&bodies_in(&on.heard(emil)), &["STOP", "start", "Help?", HARMLESS])
        })
        .await?;
    let claim = "START and HELP are answered once, the agent gets through, no more";
    teller
        .shows(claim, async || {
            on.world.is_idle(&["OutboundQueue"]).await?;
            ensure!(!is_out(on, emil), "do-not-disturb is on");
            exactly(&bodies(&on.got(emil)), &[CONFIRMATION, WELCOME, AGAIN, HELP])
        })
        .await
}
