//! What the demo tenant's providers know it by: what is given, or something made up.

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Sims, options::Identity};
use crate::{
    seed::{ALOWARE_WEBHOOK_SECRET, APP, APP_SECRET, Accounts, Numbers},
    sims::{
        aloware,
        carrier::Setting,
        clock::Clock,
        ghl::{self, GhlSim, Location},
        outbox::Delivery,
        telnyx::{self, TelnyxSim},
        texting, twilio,
    },
};

const LOCATION: &str = "demoLocation00000001";
const GHL_TOKEN: &str = "ghl-demo-token";
const GHL_PROVIDER: &str = "demoProvider00000001";

/// The demo tenant's numbers, all of them fictitious.
pub(super) fn numbers() -> anyhow::Result<Numbers> {
    Ok(Numbers {
        twilio: "+14155550101".parse()?,
        telnyx: "+14155550102".parse()?,
        texting: "+14155550103".parse()?,
    })
}

/// `origin` is where GoHighLevel reaches us.
pub(super) fn ghl(identity: &Identity, origin: &str) -> ghl::Options {
    let redirect = format!("{origin}/oauth/crm/callback");
    ghl::Options::new(Clock::Machine)
        .location(location(identity))
        .app(ghl::App::new(APP, APP_SECRET, &redirect))
}

fn location(identity: &Identity) -> Location {
    let id = identity.ghl_location.as_deref().unwrap_or(LOCATION);
    let token = revealed(identity.ghl_token.as_ref(), GHL_TOKEN);
    Location::new(id, &token, GHL_PROVIDER)
}

/// The app that GoHighLevel knows us by: its client id, and its secret.
pub(super) fn app(identity: &Identity, sims: &Sims) -> Option<(String, SecretString)> {
    let simulated = || sims.ghl.sim.as_ref().map(|_| (APP.to_owned(), APP_SECRET.into()));
    let given = identity.ghl_client_id.clone().zip(identity.ghl_client_secret.clone());
    given.or_else(simulated)
}

pub(super) fn twilio(identity: &Identity) -> twilio::Options {
    let usual = twilio::Options::new(setting());
    twilio::Options {
        account_sid: identity.twilio_account_sid.clone().unwrap_or(usual.account_sid),
        auth_token: revealed(identity.twilio_auth_token.as_ref(), &usual.auth_token),
        ..usual
    }
}

pub(super) fn telnyx(identity: &Identity) -> telnyx::Options {
    let usual = telnyx::Options::new(setting());
    telnyx::Options { api_key: revealed(identity.telnyx_api_key.as_ref(), &usual.api_key), ..usual }
}

pub(super) fn texting(identity: &Identity) -> texting::Options {
    let usual = texting::Options::new(setting());
    texting::Options {
        api_key: revealed(identity.texting_api_key.as_ref(), &usual.api_key),
        secret: revealed(identity.texting_webhook_secret.as_ref(), &usual.secret),
        ..usual
    }
}

pub(super) fn aloware(identity: &Identity) -> aloware::Options {
    let usual = aloware::Options::new(0);
    let api_token = revealed(identity.aloware_api_token.as_ref(), &usual.api_token);
    aloware::Options { api_token, ..usual }
}

/// What is written down of the tenant.
pub(super) fn seeded(identity: &Identity, sims: &Sims) -> anyhow::Result<Accounts> {
    let (twilio, telnyx, texting) = (twilio(identity), telnyx(identity), texting(identity));
    let location = location(identity);
    let simulated = sims.telnyx.sim.as_ref().map(TelnyxSim::public_key);
    let mut keys = identity.telnyx_public_key.clone().into_iter().chain(simulated);
    Ok(Accounts {
        twilio_account_sid: twilio.account_sid,
        twilio_auth_token: twilio.auth_token.into(),
        telnyx_public_key: keys.next().context(
            "without a simulated Telnyx nobody knows whose webhooks to accept: \
             give --telnyx-public-key (DUPLEX_TELNYX_PUBLIC_KEY) along with its address",
        )?,
        telnyx_public_key_previous: keys.next(),
        telnyx_api_key: telnyx.api_key.into(),
        texting_api_key: texting.api_key.into(),
        texting_webhook_secret: texting.secret.into(),
        aloware_api_token: aloware(identity).api_token.into(),
        aloware_webhook_secret: revealed(
            identity.aloware_webhook_secret.as_ref(),
            ALOWARE_WEBHOOK_SECRET,
        )
        .into(),
        aloware_settings: json!({ "send": true }),
        ghl_location: location.id,
        ghl_token: location.token.into(),
        ghl_provider: location.provider_kind,
        ghl_provider_id: location.provider_id,
    })
}

/// Whose `X-GHL-Signature` is accepted. Nothing leaves it at what the template says.
pub(super) fn ghl_webhook_keys(identity: &Identity, sims: &Sims) -> Option<String> {
    let simulated = sims.ghl.sim.as_ref().map(GhlSim::public_key).map(|it| it.base64());
    let keys: Vec<_> = identity.ghl_webhook_keys.clone().into_iter().chain(simulated).collect();
    (!keys.is_empty()).then(|| keys.join(","))
}

fn setting() -> Setting {
    Setting { port: 0, clock: Clock::Machine, delivery: Delivery::automatic() }
}

fn revealed(given: Option<&SecretString>, usual: &str) -> String {
    given.map_or(usual, |it| it.expose_secret()).to_owned()
}
