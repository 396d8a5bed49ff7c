//! The app is taken out of the location, and put back. Nothing is lost meanwhile.

use anyhow::ensure;
use domain::integration::Status;

use super::{
    browser,
    cast::{Cast, Person, bodies_in, exactly, says},
    install::integration,
    tell::{Failed, Teller},
};

const GINA: &str = "+12125550171";
const TEXT: &str = "Is anybody there?";
const REPLY: &str = "We are back.";

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    let gina = on.texting(GINA);
    taken_out(on, teller, gina).await?;
    put_back(on, teller, gina).await
}

async fn taken_out(on: Cast<'_>, teller: &mut Teller<'_>, gina: Person<'_>) -> Result<(), Failed> {
    teller.chapter("Somebody takes the app out of the location");
    on.ghl.uninstall(&on.world.location);
    teller
        .shows("GoHighLevel tells us, and the integration is in error", async || {
            let status = integration(on).await?.status;
            ensure!(status == Status::Error, "it is {status}");
            Ok(())
        })
        .await?;
    teller.does("a customer writes all the same", says(on.texting, gina, TEXT)).await?;
    let claim = "the text waits where an operator sees it, and nobody is called for it";
    teller
        .shows(claim, async || {
            on.world.is_idle(&["InboundQueue"]).await?;
            let waiting = on.world.store.count_parked(&on.world.tenant.tenant).await?;
            ensure!(waiting == 1, "{waiting} things wait");
            ensure!(on.heard(gina).is_empty(), "GoHighLevel has it");
            Ok(())
        })
        .await
}

async fn put_back(on: Cast<'_>, teller: &mut Teller<'_>, gina: Person<'_>) -> Result<(), Failed> {
    teller.chapter("And puts it back");
    let claim = "by another link, and reads that the SMS provider has to be chosen again";
    teller
        .does(claim, async {
            let choice = browser::opens(on, &browser::link(on).await?).await?;
            let page = browser::allows(&choice).await?;
            ensure!(page.contains("SMS Provider"), "the page does not say so");
            Ok(())
        })
        .await?;
    let claim = "the text goes on to GoHighLevel, once";
    teller.shows(claim, async || exactly(&bodies_in(&on.heard(gina)), &[TEXT])).await?;
    let claim = "the API advises to choose the provider, for no reply has come yet";
    teller.shows(claim, async || is_advised(on, true).await).await?;
    on.ghl.select_provider(&on.world.location, true);
    let claim = "somebody does, and an agent's reply reaches the phone";
    teller.does(claim, on.agent_writes(gina, REPLY)).await?;
    teller.shows("the handset has it", async || super::replies::is_sent(on, gina, REPLY)).await?;
    teller.shows("and the advice is gone", async || is_advised(on, false).await).await
}

async fn is_advised(on: Cast<'_>, expected: bool) -> anyhow::Result<()> {
    let health = browser::health(on).await?;
    let is_advised = health["advice"].as_str().is_some_and(|it| it.contains("SMS provider"));
    ensure!(is_advised == expected, "it says {health}");
    Ok(())
}
