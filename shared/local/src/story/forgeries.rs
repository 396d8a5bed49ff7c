//! Somebody who has no secret posts to our webhooks.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use super::{
    cast::Cast,
    tell::{Failed, Teller},
};
use crate::{running::Paths, sims::server};

const MALLORY: &str = "+12125550131";
/// Found nowhere, if nothing was stored.
const MARK: &str = "forged-5f1c7e";

struct Forgery {
    name: &'static str,
    path: String,
    content: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

pub(super) async fn play(on: Cast<'_>, teller: &mut Teller<'_>) -> Result<(), Failed> {
    teller.chapter("Somebody forges deliveries");
    for forgery in forgeries(on) {
        let claim = format!("{} with a wrong signature: 401", forgery.name);
        teller.does(&claim, post(on, forgery)).await?;
    }
    teller
        .shows("nothing of it is in any table, nor in GoHighLevel", async || {
            let items = on.world.items_with(MARK).await?;
            ensure!(items == 0, "{items} items hold it");
            let contact = on.ghl.contact_by_phone(&on.world.location, MALLORY);
            ensure!(contact.is_none(), "GoHighLevel has a contact for it");
            Ok(())
        })
        .await
}

async fn post(on: Cast<'_>, forgery: Forgery) -> anyhow::Result<()> {
    let client = server::client(Duration::from_secs(15))?;
    let mut request = client
        .post(format!("{}{}", on.world.api_url(), forgery.path))
        .header("content-type", forgery.content)
        .body(forgery.body);
    for (name, value) in forgery.headers {
        request = request.header(name, value);
    }
    let status = request.send().await?.status().as_u16();
    ensure!(status == 401, "it was answered {status}");
    Ok(())
}

/// Each is right in everything but who signed it.
fn forgeries(on: Cast<'_>) -> [Forgery; 4] {
    const WRONG: &str = "d3JvbmctYnV0LWl0LWlzLWJhc2U2NA==";
    let (paths, numbers) = (Paths::of(&on.world.tenant), &on.world.tenant.numbers);
    let now = on.world.clock.now().as_second();
    let texting = json!({
        "specVersion": "tp/1", "eventId": MARK, "eventType": "message.received",
        "messageId": MARK, "from": MALLORY, "to": numbers.texting, "body": MARK,
        "direction": "inbound", "timestamp": on.world.clock.now(),
    });
    let telnyx = json!({ "data": {
        "event_type": "message.received", "id": MARK, "record_type": "event",
        "payload": { "id": MARK, "text": MARK, "direction": "inbound",
            "from": { "phone_number": MALLORY }, "to": [{ "phone_number": numbers.telnyx }] },
    }});
    let twilio =
        [("MessageSid", MARK), ("From", MALLORY), ("To", numbers.twilio.as_str()), ("Body", MARK)];
    let twilio = form_urlencoded::Serializer::new(String::new()).extend_pairs(twilio).finish();
    let ghl = json!({
        "contactId": MARK, "locationId": on.world.location, "messageId": MARK, "type": "SMS",
        "phone": MALLORY, "message": MARK, "attachments": [], "userId": MARK,
    });
    let signature = format!("t={now},v1={}", "0".repeat(64));
    [
        Forgery {
            name: "Texting",
            path: paths.texting,
            content: "application/json",
            headers: vec![
                ("x-texting-secret", "guessed".to_owned()),
                ("x-texting-signature", signature),
            ],
            body: texting.to_string(),
        },
        Forgery {
            name: "Telnyx",
            path: paths.telnyx,
            content: "application/json",
            headers: vec![
                ("telnyx-signature-ed25519", WRONG.to_owned()),
                ("telnyx-timestamp", now.to_string()),
            ],
            body: telnyx.to_string(),
        },
        Forgery {
            name: "Twilio",
            path: paths.twilio,
            content: "application/x-www-form-urlencoded",
            headers: vec![("x-twilio-signature", WRONG.to_owned())],
            body: twilio,
        },
        Forgery {
            name: "GoHighLevel",
            path: paths.ghl,
            content: "application/json",
            headers: vec![("x-ghl-signature", WRONG.to_owned())],
            body: ghl.to_string(),
        },
    ]
}
