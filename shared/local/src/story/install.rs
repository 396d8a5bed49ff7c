//! A location is connected: a link, a click, and no token that anybody sees.

use anyhow::{Context as _, ensure};
use domain::integration::{Integration, Status};

use super::{
    browser,
    cast::Cast,
    tell::{Failed, Teller},
};

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("A location is connected, by consent");
    let link = teller.does("the API makes a link", browser::link(on)).await?;
    let claim = "it says for which business the location is wanted";
    teller
        .does(claim, async {
            let page = browser::reads(&link).await?.text;
            let brand = on.scope().tenant().await?.brand;
            let title = format!("Connect GoHighLevel with {brand}");
            ensure!(page.contains(&title), "the page does not say so");
            Ok(())
        })
        .await?;
    let claim = "it leads to GoHighLevel, which asks for which location the app may work";
    let choice = teller.does(claim, browser::opens(on, &link)).await?;
    let claim = "somebody clicks the location, and reads that it is connected";
    teller
        .does(claim, async {
            let page = browser::allows(&choice).await?;
            ensure!(page.contains("Connected"), "the page does not say so");
            Ok(())
        })
        .await?;
    teller
        .shows("the integration works with tokens that renew themselves", async || {
            let integration = integration(on).await?;
            ensure!(integration.settings["auth"] == "oauth", "its token is a pasted one");
            ensure!(integration.status == Status::Active, "it is {}", integration.status);
            Ok(())
        })
        .await
}

/// The tenant's connection to GoHighLevel, as it is stored.
pub(super) async fn integration(on: Cast<'_>) -> anyhow::Result<Integration> {
    let found = on.scope().integration(&on.world.tenant.ghl).await?;
    found.context("there is no such integration")
}
