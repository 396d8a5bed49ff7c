//! A simulated Twilio: the Messages resource, inbound webhooks and status callbacks.

mod api;
mod errors;
mod request;
mod resource;
mod sign;
mod webhooks;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use axum::Router;

use super::{
    carrier::{Carrier, CarrierSim, OptOut, Refusal, Setting, Text, Vendor, ids::Ids},
    posting::Posting,
    server::Answer,
};

pub type TwilioSim = CarrierSim<Twilio>;

/// Whose account this is.
#[derive(Clone)]
pub struct Options {
    pub setting: Setting,
    pub account_sid: String,
    /// Signs webhooks, and opens the API.
    pub auth_token: String,
    /// Opens the API as well: the key's SID and its secret.
    pub api_key: Option<(String, String)>,
    /// Twilio blocks and unblocks handsets by itself when they text it a keyword.
    pub default_opt_out_handling: bool,
}

impl Options {
    /// A demo account.
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            account_sid: format!("AC{}", "d0".repeat(16)),
            auth_token: "twilio-demo-auth-token".into(),
            api_key: None,
            default_opt_out_handling: true,
        }
    }
}

/// Twilio's own way of doing things.
pub struct Twilio {
    options: Options,
}

impl TwilioSim {
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let setting = options.setting.clone();
        let account = options.account_sid.clone();
        Self::launch(Twilio { options }, &setting, &account).await
    }
}

impl Vendor for Twilio {
    const NAME: &'static str = "twilio";

    fn routes() -> Router<Arc<Carrier<Self>>> {
        api::routes()
    }

    fn usual_error(status: u16) -> Answer {
        errors::usual(status)
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        errors::refusal(refusal)
    }

    fn message_id(&self, ids: &Ids, has_media: bool) -> String {
        format!("{}{}", if has_media { "MM" } else { "SM" }, ids.hex())
    }

    /// Single words only: "STOP PLEASE" is none.
    fn keyword(&self, body: &str) -> Option<OptOut> {
        if !self.options.default_opt_out_handling {
            return None;
        }
        match body.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "END" | "QUIT" | "CANCEL" | "REVOKE"
            | "OPTOUT" => Some(OptOut::Stop),
            "START" | "YES" | "UNSTOP" => Some(OptOut::Start),
            "HELP" | "INFO" => Some(OptOut::Help),
            _ => None,
        }
    }

    fn arrival(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        self.inbound_webhook(text, url, ids)
    }

    /// The message's own callback URL. The number's webhook hears nothing of reports.
    fn reports_to(&self, text: &Text, _webhook: Option<&str>) -> Option<String> {
        text.callback.clone()
    }

    fn report(&self, text: &Text, url: String, ids: &Ids) -> Posting {
        self.status_callback(text, url, ids)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("account_sid", &self.account_sid).finish_non_exhaustive()
    }
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Twilio").field(&self.options).finish()
    }
}
