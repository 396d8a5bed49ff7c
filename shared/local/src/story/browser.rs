//! Somebody with a browser and the API at hand, who connects the tenant's location.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::{Client, Url, redirect::Policy};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::cast::Cast;

/// A link of ours, by which the tenant's location is connected.
pub(super) async fn link(on: Cast<'_>) -> anyhow::Result<String> {
    let url = format!("{}/v1/crm/links", on.world.api_url());
    let made: Value = json(asking(on, client()?.post(url))).await?;
    Ok(made["url"].as_str().context("no link in the answer")?.to_owned())
}

/// What the API says of how the tenant's connection is.
pub(super) async fn health(on: Cast<'_>) -> anyhow::Result<Value> {
    let (api, id) = (on.world.api_url(), &on.world.tenant.ghl);
    json(asking(on, client()?.get(format!("{api}/v1/integrations/{id}/health")))).await
}

/// Our own page, as somebody reads it who has opened a link.
pub(super) struct Shown {
    pub(super) text: String,
    /// Where it leads.
    next: String,
    /// What it has left in the browser.
    mark: String,
}

/// GoHighLevel's page, on which our location can be chosen.
pub(super) struct Choice {
    target: String,
    mark: String,
}

/// Opens the link, and reads for whom it is.
pub(super) async fn reads(link: &str) -> anyhow::Result<Shown> {
    let page = client()?.get(link).send().await?.error_for_status()?;
    let mark = page.headers().get("set-cookie").and_then(|it| it.to_str().ok()?.split(';').next());
    let mark = mark.context("the page leaves no mark")?.to_owned();
    let asked_by = page.url().clone();
    let text = page.text().await?;
    let next = target(&asked_by, &text, "chooselocation")?;
    Ok(Shown { text, next, mark })
}

/// Goes on to GoHighLevel, and reads what it asks.
pub(super) async fn opens(on: Cast<'_>, link: &str) -> anyhow::Result<Choice> {
    let Shown { next, mark, .. } = reads(link).await?;
    let page = client()?.get(next).send().await?;
    let asked_by = page.url().clone();
    let text = page.error_for_status()?.text().await?;
    let target = target(&asked_by, &text, &format!("choice={}", on.world.location))?;
    Ok(Choice { target, mark })
}

/// Where the link of a page leads that has this in its address.
fn target(page: &Url, text: &str, part: &str) -> anyhow::Result<String> {
    let mut targets = text.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
    let target = targets.find(|it| it.contains(part)).context("no link leads there")?;
    Ok(page.join(&target.replace("&amp;", "&"))?.into())
}

/// Clicks, and reads what our page says then.
pub(super) async fn allows(choice: &Choice) -> anyhow::Result<String> {
    let http = Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build()?;
    let sent_back = http.get(&choice.target).send().await?.error_for_status()?;
    let back = sent_back.headers().get("location").and_then(|it| it.to_str().ok());
    let back = Url::parse(back.context("nobody is sent back")?)?;
    ensure!(back.path() == "/oauth/crm/callback", "it leads to {}", back.path());
    let page = http.get(back).header("cookie", &choice.mark).send().await?;
    Ok(page.error_for_status()?.text().await?)
}

const PATIENCE: Duration = Duration::from_secs(20);

/// Follows redirects, as browsers do.
fn client() -> anyhow::Result<Client> {
    Ok(Client::builder().no_proxy().timeout(PATIENCE).build()?)
}

fn asking(on: Cast<'_>, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    request
        .bearer_auth(on.world.operator_key().expose_secret())
        .header("Duplex-Tenant", on.world.tenant.tenant.as_str())
}

async fn json(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let body = request.send().await?.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&body)?)
}
