//! Customers text, each through another carrier.

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};

use super::{
    cast::{Cast, Person, bodies_in, exactly, says},
    tell::{Failed, Teller},
};
use crate::sims::{
    carrier::{CarrierSim, Vendor},
    ghl::MessageType,
};

pub(super) const ANNA: &str = "+12125550111";
pub(super) const BEN: &str = "+12125550112";
pub(super) const CLEO: &str = "+12125550113";

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("Three customers text");
    let (anna, ben, cleo) = (on.texting(ANNA), on.telnyx(BEN), on.twilio(CLEO));
    text(on, teller, on.texting, ("Texting", anna, "Is the blue one still there?")).await?;
    text(on, teller, on.telnyx, ("Telnyx", ben, "Are you open on Sunday?")).await?;
    text(on, teller, on.twilio, ("Twilio", cleo, "Wie viel kostet es? Grüße 👋")).await
}

async fn text<V: Vendor>(
    on: Cast<'_>,
    teller: &mut Teller<'_>,
    carrier: &CarrierSim<V>,
    (name, person, words): (&str, Person<'_>, &str),
) -> Result<(), Failed> {
    let before = on.world.clock.now();
    let claim = format!("{name} posts a text to our webhook: 200");
    teller.does(&claim, says(carrier, person, words)).await?;
    let claim = "GoHighLevel shows it once, inbound, in the right thread, dated";
    teller.shows(claim, async || is_shown(on, person, words, before)).await
}

fn is_shown(on: Cast<'_>, person: Person<'_>, words: &str, since: Timestamp) -> anyhow::Result<()> {
    let thread = on.ghl.messages(&on.world.location, person.phone);
    exactly(&bodies_in(&thread), &[words])?;
    let message = &thread[0];
    ensure!(message.direction == "inbound", "it is {}", message.direction);
    ensure!(message.message_type == MessageType::Sms, "it is {:?}", message.message_type);
    // Carriers tell whole seconds, or milliseconds.
    let since = since - SignedDuration::from_secs(1);
    ensure!(
        (since..=on.world.clock.now()).contains(&message.date),
        "it is dated {}, not after {since}",
        message.date
    );
    Ok(())
}
