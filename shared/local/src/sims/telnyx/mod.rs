//! A simulated Telnyx: messages of API v2 and their webhooks.

mod api;
mod errors;
mod request;
mod resource;
mod webhooks;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use anyhow::anyhow;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::Router;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    carrier::{Carrier, CarrierSim, OptOut, Refusal, Setting, Text, Vendor, ids::Ids},
    posting::Posting,
    server::Answer,
};

pub type TelnyxSim = CarrierSim<Telnyx>;

/// Whose account this is.
#[derive(Clone)]
pub struct Options {
    pub setting: Setting,
    pub api_key: String,
    pub messaging_profile_id: String,
    /// Makes the key pair that signs webhooks.
    pub signing_seed: [u8; 32],
    /// Telnyx blocks and unblocks handsets by itself when they text it a keyword.
    pub default_opt_out_handling: bool,
}

impl Options {
    /// A demo account.
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            api_key: "KEYtelnyx-demo".into(),
            messaging_profile_id: "40017a5e-0000-4000-a000-00000000d0d0".into(),
            signing_seed: [7; 32],
            default_opt_out_handling: true,
        }
    }
}

/// Telnyx's own way of doing things.
pub struct Telnyx {
    options: Options,
    key_pair: Ed25519KeyPair,
}

impl TelnyxSim {
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let (setting, account) = (options.setting.clone(), options.messaging_profile_id.clone());
        let key_pair = Ed25519KeyPair::from_seed_unchecked(&options.signing_seed)
            .map_err(|_| anyhow!("the seed makes no key pair"))?;
        Self::launch(Telnyx { options, key_pair }, &setting, &account).await
    }

    /// The key that the portal shows, in base64.
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.carrier.vendor.key_pair.public_key())
    }
}

impl Vendor for Telnyx {
    const NAME: &'static str = "telnyx";

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
        ids.uuid()
    }

    fn keyword(&self, body: &str) -> Option<OptOut> {
        if !self.options.default_opt_out_handling {
            return None;
        }
        match body.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "STOP ALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" => {
                Some(OptOut::Stop)
            }
            "START" | "UNSTOP" => Some(OptOut::Start),
            "HELP" => Some(OptOut::Help),
            _ => None,
        }
    }

    fn opt_out_scope(&self, _ours: &str) -> String {
        self.options.messaging_profile_id.clone()
    }

    fn arrival(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        self.event(text, "message.received", url, ids)
    }

    /// The message's own URL beats the profile's.
    fn reports_to(&self, text: &Text, webhook: Option<&str>) -> Option<String> {
        text.callback.clone().or_else(|| webhook.map(str::to_owned))
    }

    fn report(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        self.event(text, webhooks::report_type(text), url, ids)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = &self.messaging_profile_id;
        f.debug_struct("Options").field("messaging_profile_id", profile).finish_non_exhaustive()
    }
}

impl fmt::Debug for Telnyx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telnyx").field("options", &self.options).finish_non_exhaustive()
    }
}
