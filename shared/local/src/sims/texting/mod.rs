//! A simulated provider that speaks TP/1, the generic texting contract.

mod api;
mod errors;
mod memory;
mod request;
mod resource;
mod webhooks;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use axum::Router;

use self::memory::Memory;
use super::{
    carrier::{Carrier, CarrierSim, OptOut, Refusal, Setting, Text, Vendor, ids::Ids},
    posting::Posting,
    server::Answer,
};

pub type TextingSim = CarrierSim<Texting>;

/// Whose account this is.
#[derive(Clone)]
pub struct Options {
    pub setting: Setting,
    pub api_key: String,
    /// Shows and signs who posts to the webhook.
    pub secret: String,
    /// Whether the provider signs, or only shows the secret.
    pub signs: bool,
}

impl Options {
    /// A demo account.
    pub fn new(setting: Setting) -> Self {
        let (api_key, secret) = ("texting-demo-key".into(), "texting-demo-secret".into());
        Self { setting, api_key, secret, signs: true }
    }
}

/// The provider's own way of doing things.
pub struct Texting {
    options: Options,
    memory: Memory,
}

impl TextingSim {
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let (setting, account) = (options.setting.clone(), options.api_key.clone());
        let texting = Texting { options, memory: Memory::default() };
        Self::launch(texting, &setting, &account).await
    }
}

impl Vendor for Texting {
    const NAME: &'static str = "texting";

    fn routes() -> Router<Arc<Carrier<Self>>> {
        api::routes()
    }

    fn usual_error(status: u16) -> Answer {
        errors::usual(status)
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        errors::refusal(refusal)
    }

    fn message_id(&self, ids: &Ids, _has_media: bool) -> String {
        format!("tpm_{}", ids.ulid())
    }

    /// TP/1 leaves keywords to whoever marks the text.
    fn keyword(&self, _body: &str) -> Option<OptOut> {
        None
    }

    fn arrival(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        webhooks::arrival(text, url, ids)
    }

    /// The message's own URL beats the webhook's.
    fn reports_to(&self, text: &Text, webhook: Option<&str>) -> Option<String> {
        text.callback.clone().or_else(|| webhook.map(str::to_owned))
    }

    fn report(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        webhooks::report(text, url, ids)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("signs", &self.signs).finish_non_exhaustive()
    }
}

impl fmt::Debug for Texting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texting").field("options", &self.options).finish_non_exhaustive()
    }
}
