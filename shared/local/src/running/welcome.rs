//! What to do in a world that stays: its addresses, and commands to paste.

use secrecy::ExposeSecret;

use super::{Paths, World};
use crate::say::Printer;

/// A handset that nobody has used yet.
const HANDSET: &str = "+12125550199";

/// Says where everything is and how to text by oneself.
pub fn welcome(world: &World, printer: &mut Printer) {
    addresses(world, printer);
    far_side(world, printer);
    commands(world, printer);
    printer.line(&format!("\nLogs are in {}", world.logs().display()));
    printer.line("Ctrl-C ends everything.");
}

fn addresses(world: &World, printer: &mut Printer) {
    let paths = Paths::of(&world.tenant);
    printer.heading(&format!("The API is at {}", world.api_url()));
    if world.origin != world.api_url() {
        printer.line(&format!("  Others reach it at {}", world.origin));
    }
    let carriers = [&paths.texting, &paths.twilio, &paths.telnyx, &paths.aloware];
    for path in carriers.into_iter().chain([&paths.ghl, &paths.ghl_events]) {
        printer.line(&format!("  POST {path}"));
    }
    printer.heading("Be an operator who asks the API");
    // The key opens this world alone, and whoever reads this has started it.
    printer.line(&format!("  export DUPLEX_KEY={}", world.operator_key().expose_secret()));
    let me = format!("{}/v1/me", world.api_url());
    printer.line(&format!(r#"  curl -s {me} -H "Authorization: Bearer $DUPLEX_KEY""#));
}

fn far_side(world: &World, printer: &mut Printer) {
    let (sims, numbers) = (&world.sims, &world.tenant.numbers);
    printer.heading("The far side");
    let rows = [
        ("GoHighLevel", &sims.ghl.url, sims.ghl.sim.is_some(), world.location.as_str()),
        ("Texting", &sims.texting.url, sims.texting.sim.is_some(), numbers.texting.as_str()),
        ("Twilio", &sims.twilio.url, sims.twilio.sim.is_some(), numbers.twilio.as_str()),
        ("Telnyx", &sims.telnyx.url, sims.telnyx.sim.is_some(), numbers.telnyx.as_str()),
        ("Aloware", &sims.aloware.url, sims.aloware.sim.is_some(), ""),
    ];
    for (name, url, is_simulated, ours) in rows {
        let kind = if is_simulated { "simulated" } else { "yours" };
        printer.line(&format!("  {name:<12} {url:<28} {kind:<10} {ours}"));
    }
}

fn commands(world: &World, printer: &mut Printer) {
    let sims = &world.sims;
    let carriers = [
        (&sims.texting.url, sims.texting.sim.is_some(), &world.tenant.numbers.texting),
        (&sims.twilio.url, sims.twilio.sim.is_some(), &world.tenant.numbers.twilio),
        (&sims.telnyx.url, sims.telnyx.sim.is_some(), &world.tenant.numbers.telnyx),
    ];
    let carrier = carriers.into_iter().find(|(_, is_simulated, _)| *is_simulated);
    if let Some((url, _, number)) = carrier {
        printer.heading("Be a customer who texts");
        let text = format!(r#"{{"from":"{HANDSET}","to":"{number}","body":"Hello"}}"#);
        printer.line(&post(url, "receive", &text));
    }
    if sims.ghl.sim.is_some() {
        let (url, location) = (&sims.ghl.url, &world.location);
        printer.heading("Be an agent who answers");
        let text = format!(
            r#"{{"location":"{location}","phone":"{HANDSET}","message":"How can we help?"}}"#
        );
        printer.line(&post(url, "agent", &text));
        printer.heading("Have GoHighLevel fail three times, for the next new customer");
        let fault = r#"{"on":"upsert_contact","times":3,"fault":"status","status":500}"#;
        printer.line(&post(url, "faults", fault));
    }
    printer.heading("Be somebody who connects the location: make a link, and open it in a browser");
    let links = format!("{}/v1/crm/links", world.api_url());
    printer.line(&format!(
        "  curl -s -X POST {links} \\\n    -H \"Authorization: Bearer $DUPLEX_KEY\" -H 'Duplex-Tenant: {}'",
        world.tenant.tenant
    ));
    printer.heading("See what became of it");
    let sides = [(url(&sims.ghl), "GoHighLevel"), (carrier.map(|it| it.0), "the carrier")];
    for (url, name) in sides {
        if let Some(url) = url {
            printer.line(&format!("  curl -s {url}/_control/state   # {name}"));
        }
    }
}

fn url<S>(side: &super::Side<S>) -> Option<&String> {
    side.sim.is_some().then_some(&side.url)
}

fn post(url: &str, what: &str, body: &str) -> String {
    format!(
        "  curl -s {url}/_control/{what} -H 'content-type: application/json' \\\n    -d '{body}'"
    )
}
