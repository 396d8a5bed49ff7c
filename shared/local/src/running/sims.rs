//! The companies on the far side: those that are simulated, and where the others are.

use std::time::Duration;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::Options;
use crate::{
    seed::{Accounts, Planted},
    sims::{
        carrier::Setting,
        clock::Clock,
        ghl::{self, GhlSim, ProviderKind},
        outbox::Delivery,
        telnyx::{self, TelnyxSim},
        texting::{self, TextingSim},
        twilio::{self, TwilioSim},
    },
};

const LOCATION: &str = "demoLocation00000001";
const GHL_TOKEN: &str = "ghl-demo-token";
const PROVIDER_ID: &str = "demoProvider00000001";

/// Each simulator, unless an address was given that takes its place.
#[derive(Debug)]
pub struct Sims {
    pub ghl: Option<GhlSim>,
    pub twilio: Option<TwilioSim>,
    pub telnyx: Option<TelnyxSim>,
    pub texting: Option<TextingSim>,
    pub urls: Urls,
    /// What the demo tenant is known by.
    pub accounts: Accounts,
    /// Whose `X-GHL-Signature` is accepted; nothing leaves what the template says.
    pub ghl_webhook_keys: Option<String>,
}

/// Where each of them answers.
#[derive(Clone, Debug)]
pub struct Urls {
    pub ghl: String,
    pub twilio: String,
    pub telnyx: String,
    pub texting: String,
}

impl Sims {
    pub async fn start(options: &Options) -> anyhow::Result<Self> {
        let (elsewhere, identity) = (&options.elsewhere, &options.identity);
        let (ghl, twilio, telnyx, texting) =
            (ghl(options), twilio(options), telnyx(options), texting(options));
        let location = ghl.locations[0].clone();
        let mut accounts = Accounts {
            twilio_account_sid: twilio.account_sid.clone(),
            twilio_auth_token: twilio.auth_token.as_str().into(),
            telnyx_public_key: String::new(),
            telnyx_public_key_previous: None,
            telnyx_api_key: telnyx.api_key.as_str().into(),
            texting_api_key: texting.api_key.as_str().into(),
            texting_webhook_secret: texting.secret.as_str().into(),
            ghl_location: location.id,
            ghl_token: location.token.as_str().into(),
            ghl_provider: ProviderKind::Default,
            ghl_provider_id: location.provider_id,
        };

        let ghl = match elsewhere.ghl_base_url {
            Some(_) => None,
            None => Some(GhlSim::start(ghl).await.context("no simulated GoHighLevel")?),
        };
        let twilio = match elsewhere.twilio_base_url {
            Some(_) => None,
            None => Some(TwilioSim::start(twilio).await.context("no simulated Twilio")?),
        };
        let telnyx = match elsewhere.telnyx_base_url {
            Some(_) => None,
            None => Some(TelnyxSim::start(telnyx).await.context("no simulated Telnyx")?),
        };
        let texting = match elsewhere.texting_base_url {
            Some(_) => None,
            None => Some(TextingSim::start(texting).await.context("no simulated Texting")?),
        };

        let mut keys = [identity.telnyx_public_key.clone(), telnyx.as_ref().map(TelnyxSim::public_key)]
            .into_iter()
            .flatten();
        accounts.telnyx_public_key = keys.next().context(
            "nobody's Telnyx webhooks would be accepted: \
             give DUPLEX_TELNYX_PUBLIC_KEY along with DUPLEX_TELNYX_BASE_URL",
        )?;
        accounts.telnyx_public_key_previous = keys.next();
        let simulated = ghl.as_ref().map(|it| it.public_key().base64());
        let keys: Vec<_> =
            identity.ghl_webhook_keys.clone().into_iter().chain(simulated).collect();
        Ok(Self {
            urls: Urls {
                ghl: url(elsewhere.ghl_base_url.as_ref(), ghl.as_ref().map(GhlSim::base_url)),
                twilio: url(elsewhere.twilio_base_url.as_ref(), twilio.as_ref().map(TwilioSim::base_url)),
                telnyx: url(elsewhere.telnyx_base_url.as_ref(), telnyx.as_ref().map(TelnyxSim::base_url)),
                texting: url(elsewhere.texting_base_url.as_ref(), texting.as_ref().map(TextingSim::base_url)),
            },
            ghl,
            twilio,
            telnyx,
            texting,
            accounts,
            ghl_webhook_keys: (!keys.is_empty()).then(|| keys.join(",")),
        })
    }
}
