//! From a connection to a carrier: what its settings and secrets are called.
//!
//! | provider | settings | secrets |
//! |---|---|---|
//! | Twilio | `account_sid`, `api_user`, `messaging_service_sid`, `smart_encoded`, `default_opt_out_handling` | `auth_token`, `auth_token_previous`, `api_secret` |
//! | Telnyx | `public_key`, `public_key_previous`, `messaging_profile_id` | `api_key` |
//! | Texting | `require_signature`, `base_url` | `api_key`, `webhook_secret`, `webhook_secret_previous` |
//! | Aloware | `from` or `line_id`, `send`, `sync_contacts`, `webhook_auth` | `api_token`, `webhook_secret`, `webhook_secret_previous` |

use carriers::{AddressOwner, Channel, aloware, telnyx, texting, twilio};
use domain::{
    integration::{Provider, Status},
    phone::PhoneNumber,
};
use serde::Deserialize;

use crate::{Connection, Unusable};

/// Where the carriers answer.
#[derive(Clone, Debug)]
pub struct BaseUrls {
    pub twilio: String,
    pub telnyx: String,
    pub texting: String,
    pub aloware: String,
}

#[derive(Deserialize)]
struct TwilioSettings {
    account_sid: String,
    #[serde(default)]
    api_user: Option<String>,
    #[serde(default)]
    messaging_service_sid: Option<String>,
    #[serde(default)]
    smart_encoded: bool,
    /// Twilio answers STOP, START and HELP itself unless its support switched that off.
    #[serde(default = "yes")]
    default_opt_out_handling: bool,
}

#[derive(Deserialize)]
struct TelnyxSettings {
    public_key: String,
    #[serde(default)]
    public_key_previous: Option<String>,
    #[serde(default)]
    messaging_profile_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TextingSettings {
    require_signature: bool,
    /// The tenant's own provider, in place of the one for the whole installation.
    base_url: Option<String>,
}

/// What Aloware may be used for is off until somebody switches it on.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AlowareSettings {
    from: Option<PhoneNumber>,
    line_id: Option<aloware::LineId>,
    send: bool,
    sync_contacts: bool,
    webhook_auth: aloware::Scheme,
}

impl AlowareSettings {
    fn line(self) -> Result<Option<aloware::Line>, Unusable> {
        match (self.from, self.line_id) {
            (None, None) => Ok(None),
            (Some(number), None) => Ok(Some(aloware::Line::Number(number))),
            (None, Some(id)) => Ok(Some(aloware::Line::Id(id))),
            (Some(_), Some(_)) => {
                Err(Unusable::Settings("from and line_id exclude each other".to_owned()))
            }
        }
    }
}

fn yes() -> bool {
    true
}

impl Connection {
    /// What verifies Twilio's webhooks.
    pub fn twilio(&self) -> Result<twilio::Verifier, Unusable> {
        let settings: TwilioSettings = self.settings()?;
        Ok(twilio::Verifier {
            account_sid: settings.account_sid,
            auth_tokens: self.rotating("auth_token", "auth_token_previous")?,
            default_opt_out_handling: settings.default_opt_out_handling,
        })
    }

    /// What verifies Telnyx's webhooks.
    pub fn telnyx(&self) -> Result<telnyx::Verifier, Unusable> {
        let settings: TelnyxSettings = self.settings()?;
        let keys = [Some(settings.public_key), settings.public_key_previous];
        Ok(telnyx::Verifier { public_keys: keys.into_iter().flatten().collect() })
    }

    /// What verifies the Texting provider's webhooks.
    pub fn texting(&self) -> Result<texting::Verifier, Unusable> {
        let settings: TextingSettings = self.settings()?;
        Ok(texting::Verifier {
            secrets: self.rotating("webhook_secret", "webhook_secret_previous")?,
            require_signature: settings.require_signature,
        })
    }

    /// What verifies Aloware's webhooks.
    pub fn aloware(&self) -> Result<aloware::Verifier, Unusable> {
        let settings: AlowareSettings = self.settings()?;
        Ok(aloware::Verifier {
            scheme: settings.webhook_auth,
            secrets: self.rotating("webhook_secret", "webhook_secret_previous")?,
        })
    }

    /// Where contacts are copied to, if this is such a place and is to be one.
    pub fn contact_copies(&self, base_url: &str) -> Result<Option<aloware::Account>, Unusable> {
        let is_active = self.integration.status == Status::Active;
        if self.integration.provider != Provider::Aloware || !is_active {
            return Ok(None);
        }
        let settings: AlowareSettings = self.settings()?;
        if !settings.sync_contacts {
            return Ok(None);
        }
        self.aloware_account(settings, base_url.to_owned()).map(Some)
    }

    /// What sends texts.
    pub fn channel(&self, base_urls: &BaseUrls) -> Result<Channel, Unusable> {
        match self.integration.provider {
            Provider::Twilio => self.twilio_account(base_urls.twilio.clone()).map(Channel::Twilio),
            Provider::Telnyx => self.telnyx_account(base_urls.telnyx.clone()).map(Channel::Telnyx),
            Provider::Texting => self.texting_account(&base_urls.texting).map(Channel::Texting),
            Provider::Aloware => {
                let settings: AlowareSettings = self.settings()?;
                if !settings.send {
                    return Err(Unusable::SendingIsOff(Provider::Aloware));
                }
                self.aloware_account(settings, base_urls.aloware.clone()).map(Channel::Aloware)
            }
            Provider::Ghl => Err(Unusable::NoChannel(Provider::Ghl)),
        }
    }

    /// Everything that has to work for this to be a working channel. Twilio's token signs webhooks
    /// even where a key of the API sends, so both are tried; Aloware's token is good for more than
    /// sending.
    pub fn probes(&self, base_urls: &BaseUrls) -> Result<Vec<Channel>, Unusable> {
        if self.integration.provider == Provider::Aloware {
            let account = self.aloware_account(self.settings()?, base_urls.aloware.clone())?;
            return Ok(vec![Channel::Aloware(account)]);
        }
        let mut probes = vec![self.channel(base_urls)?];
        if let Channel::Twilio(account) = &probes[0]
            && account.api_user.is_some()
        {
            let api_secret = self.secret("auth_token")?;
            let by_token = twilio::Account { api_user: None, api_secret, ..account.clone() };
            probes.push(Channel::Twilio(by_token));
        }
        Ok(probes)
    }

    fn twilio_account(&self, base_url: String) -> Result<twilio::Account, Unusable> {
        let settings: TwilioSettings = self.settings()?;
        let secret = if settings.api_user.is_some() { "api_secret" } else { "auth_token" };
        Ok(twilio::Account {
            base_url,
            account_sid: settings.account_sid,
            api_user: settings.api_user,
            api_secret: self.secret(secret)?,
            messaging_service_sid: settings.messaging_service_sid,
            smart_encoded: settings.smart_encoded,
        })
    }

    fn aloware_account(
        &self,
        settings: AlowareSettings,
        base_url: String,
    ) -> Result<aloware::Account, Unusable> {
        let line = settings.line()?;
        Ok(aloware::Account { base_url, api_token: self.secret("api_token")?, line })
    }

    fn telnyx_account(&self, base_url: String) -> Result<telnyx::Account, Unusable> {
        let settings: TelnyxSettings = self.settings()?;
        Ok(telnyx::Account {
            base_url,
            api_key: self.secret("api_key")?,
            messaging_profile_id: settings.messaging_profile_id,
        })
    }

    fn texting_account(&self, usual: &str) -> Result<texting::Account, Unusable> {
        let settings: TextingSettings = self.settings()?;
        let (base_url, address_owner) = match settings.base_url {
            Some(base_url) => (base_url, AddressOwner::Tenant),
            None => (usual.to_owned(), AddressOwner::Operator),
        };
        Ok(texting::Account { base_url, address_owner, api_key: self.secret("api_key")? })
    }
}
