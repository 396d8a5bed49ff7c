//! The companies on the far side: those that are simulated, and where the others are.

use std::collections::BTreeMap;

use super::options::{Elsewhere, Options};
use crate::{
    seed::Planted,
    sims::{
        aloware::AlowareSim, ghl::GhlSim, telnyx::TelnyxSim, texting::TextingSim, twilio::TwilioSim,
    },
};

use super::accounts;

/// One of them: where it answers, and the simulator if it is one.
#[derive(Debug)]
pub struct Side<S> {
    pub url: String,
    pub sim: Option<S>,
}

/// All of them.
#[derive(Debug)]
pub struct Sims {
    pub ghl: Side<GhlSim>,
    pub twilio: Side<TwilioSim>,
    pub telnyx: Side<TelnyxSim>,
    pub texting: Side<TextingSim>,
    pub aloware: Side<AlowareSim>,
}

impl<S> Side<S> {
    /// Starts the simulator, unless there is an address that takes its place.
    async fn start(
        elsewhere: Option<&String>,
        start: impl Future<Output = anyhow::Result<S>>,
        base_url: fn(&S) -> String,
    ) -> anyhow::Result<Self> {
        if let Some(url) = elsewhere {
            return Ok(Self { url: url.clone(), sim: None });
        }
        let sim = start.await?;
        Ok(Self { url: base_url(&sim), sim: Some(sim) })
    }
}

impl Sims {
    /// `origin` is where they reach us.
    pub(super) async fn start(options: &Options, origin: &str) -> anyhow::Result<Self> {
        let Elsewhere {
            ghl_base_url,
            twilio_base_url,
            telnyx_base_url,
            texting_base_url,
            aloware_base_url,
            ..
        } = &options.elsewhere;
        let identity = &options.identity;
        let ghl = GhlSim::start(accounts::ghl(identity, origin));
        let twilio = TwilioSim::start(accounts::twilio(identity));
        let telnyx = TelnyxSim::start(accounts::telnyx(identity));
        let texting = TextingSim::start(accounts::texting(identity));
        let aloware = AlowareSim::start(accounts::aloware(identity));
        Ok(Self {
            ghl: Side::start(ghl_base_url.as_ref(), ghl, GhlSim::base_url).await?,
            twilio: Side::start(twilio_base_url.as_ref(), twilio, TwilioSim::base_url).await?,
            telnyx: Side::start(telnyx_base_url.as_ref(), telnyx, TelnyxSim::base_url).await?,
            texting: Side::start(texting_base_url.as_ref(), texting, TextingSim::base_url).await?,
            aloware: Side::start(aloware_base_url.as_ref(), aloware, AlowareSim::base_url).await?,
        })
    }

    /// The template's parameters that say where they answer.
    pub(super) fn parameters(&self) -> BTreeMap<String, String> {
        let sides = [
            ("GhlBaseUrl", &self.ghl.url),
            ("TwilioBaseUrl", &self.twilio.url),
            ("TelnyxBaseUrl", &self.telnyx.url),
            ("TextingBaseUrl", &self.texting.url),
            ("AlowareBaseUrl", &self.aloware.url),
        ];
        let addresses = sides.into_iter().map(|(name, url)| (name.to_owned(), url.clone()));
        // A tenant may name the simulator as its own provider.
        let simulated = self.texting.sim.as_ref().map(TextingSim::base_url);
        let allowed = simulated.map(|url| url.replace("http://", ""));
        // It asks people whether an app may at the same address.
        let asks = self.ghl.sim.as_ref().map(GhlSim::base_url);
        let others = [("TenantUrlAllow", allowed), ("GhlConsentUrl", asks)];
        let others = others.into_iter().filter_map(|(name, it)| Some((name.to_owned(), it?)));
        addresses.chain(others).collect()
    }

    /// Tells the simulators where to post, as one does in each vendor's portal.
    pub(super) fn point_to(&self, origin: &str, tenant: &Planted) {
        let paths = Paths::of(tenant);
        if let Some(sim) = &self.ghl.sim {
            sim.set_delivery_url(&format!("{origin}{}", paths.ghl));
            sim.set_webhook_url(&format!("{origin}{}", paths.ghl_events));
        }
        if let Some(sim) = &self.twilio.sim {
            sim.set_webhook_url(format!("{origin}{}", paths.twilio));
        }
        if let Some(sim) = &self.telnyx.sim {
            sim.set_webhook_url(format!("{origin}{}", paths.telnyx));
        }
        if let Some(sim) = &self.texting.sim {
            sim.set_webhook_url(format!("{origin}{}", paths.texting));
        }
    }
}

/// Where each of them posts to, behind our origin.
#[derive(Clone, Debug)]
pub struct Paths {
    pub ghl: String,
    /// Where GoHighLevel tells what happened.
    pub ghl_events: String,
    pub twilio: String,
    pub telnyx: String,
    pub texting: String,
    pub aloware: String,
}

impl Paths {
    pub fn of(tenant: &Planted) -> Self {
        Self {
            ghl: "/webhooks/messages/provider-delivery".to_owned(),
            ghl_events: "/webhooks/ghl".to_owned(),
            twilio: format!("/webhooks/twilio/{}", tenant.twilio),
            telnyx: format!("/webhooks/telnyx/{}", tenant.telnyx),
            texting: format!("/webhooks/texting/{}", tenant.texting),
            aloware: format!("/webhooks/aloware/{}", tenant.aloware),
        }
    }
}
