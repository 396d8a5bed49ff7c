//! Somebody with a browser and the API at hand, who connects the tenant's location.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::{Client, Url};
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

/// Opens the link, and reads for whom it is. Gives where a click on it leads.
pub(super) async fn reads(link: &str) -> anyhow::Result<(String, String)> {
    let page = client()?.get(link).send().await?;
    let asked_by = page.url().clone();
    let text = page.error_for_status()?.text().await?;
    let next = target(&asked_by, &text, "chooselocation")?;
    Ok((text, next))
}

/// Goes on to GoHighLevel, and reads what it asks. Gives where a click on our location leads.
pub(super) async fn opens(on: Cast<'_>, link: &str) -> anyhow::Result<String> {
    let (_, next) = reads(link).await?;
    let page = client()?.get(next).send().await?;
    let asked_by = page.url().clone();
    let text = page.error_for_status()?.text().await?;
    target(&asked_by, &text, &format!("choice={}", on.world.location))
}

/// Where the link of a page leads that has this in its address.
fn target(page: &Url, text: &str, part: &str) -> anyhow::Result<String> {
    let mut targets = text.split("href=\"").skip(1).filter_map(|it| it.split('"').next());
    let target = targets.find(|it| it.contains(part)).context("no link leads there")?;
    Ok(page.join(&target.replace("&amp;", "&"))?.into())
}

/// Clicks, and reads what our page says then.
pub(super) async fn allows(target: &str) -> anyhow::Result<String> {
    let page = client()?.get(target).send().await?;
    ensure!(page.url().path() == "/oauth/crm/callback", "it leads to {}", page.url().path());
    Ok(page.error_for_status()?.text().await?)
}

/// Follows redirects, as browsers do.
fn client() -> anyhow::Result<Client> {
    Ok(Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?)
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
