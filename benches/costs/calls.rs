//! Calls to AWS, and the capacity units of DynamoDB, for one message.

use local::{emulator::gate::Usage, sims::ghl::Consent};
use secrecy::ExposeSecret;
use serde_json::json;

use world::{ANNA, World};

use crate::table;

/// Messages that are measured, after one that warms up what functions remember.
const MESSAGES: u32 = 20;

struct Cost {
    what: &'static str,
    dynamodb: Usage,
    queue: u64,
    keys: u64,
}

pub(crate) async fn report() {
    let costs = [
        inbound("a text comes in, from a known contact").await,
        duplicate("the same delivery again").await,
        outbound("a reply goes out, is delivered, and GoHighLevel is told").await,
        refused("a reply to somebody who opted out").await,
        asked_for("a text goes out through the API, and is delivered").await,
        told("GoHighLevel tells that a contact has changed").await,
        echoed("GoHighLevel tells of a text that we brought there").await,
        renewed("a token is renewed").await,
    ];
    let rows = costs.map(|cost| {
        let each = |count: f64| format!("{:.1}", count / f64::from(MESSAGES));
        #[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
        let count = |count: u64| each(count as f64);
        vec![
            cost.what.to_owned(),
            count(cost.dynamodb.calls),
            each(cost.dynamodb.read_units),
            each(cost.dynamodb.write_units),
            count(cost.queue),
            count(cost.keys),
        ]
    });
    let head =
        ["per message", "DynamoDB calls", "read units", "write units", "SQS calls", "KMS calls"];
    table::print("Calls and capacity units", &head, &rows);
    println!(
        "\nWrite units include what the indexes and transactions consume. SQS calls are those that\n\
         functions make; Lambda's own receiving and deleting comes on top, in batches of up to 5."
    );
}

async fn inbound(what: &'static str) -> Cost {
    let world = World::new().await;
    text(&world, 0).await;
    world.settle().await;
    measured(&world, what, async |n| {
        text(&world, n).await;
        world.drain().await;
    })
    .await
}

async fn duplicate(what: &'static str) -> Cost {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    let first = world.texting.receives_text(ANNA, number.as_str(), "hello", &[]).await;
    world.settle().await;
    measured(&world, what, async |_| {
        world.texting.receives_again(&first.id).await.unwrap();
        world.drain().await;
    })
    .await
}

async fn outbound(what: &'static str) -> Cost {
    let world = World::new().await;
    text(&world, 0).await;
    world.settle().await;
    reply(&world, 0).await;
    measured(&world, what, async |n| reply(&world, n).await).await
}

async fn refused(what: &'static str) -> Cost {
    let world = World::new().await;
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), "STOP", &[]).await;
    world.settle().await;
    measured(&world, what, async |n| reply(&world, n).await).await
}

async fn asked_for(what: &'static str) -> Cost {
    let world = World::new().await;
    let key = world.operator_key().await.expose_secret().to_owned();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = async |n: u32| {
        let answer = http
            .post(format!("{}/v1/messages", world.origin))
            .bearer_auth(&key)
            .header("duplex-tenant", "acme")
            .header("idempotency-key", n.to_string())
            .json(&json!({ "to": ANNA, "text": format!("notice {n}") }))
            .send();
        answer.await.unwrap().error_for_status().unwrap();
        world.drain().await;
        world.twilio.deliver_callbacks().await;
        world.drain().await;
    };
    asked(0).await;
    measured(&world, what, asked).await
}

async fn told(what: &'static str) -> Cost {
    let world = World::new().await;
    text(&world, 0).await;
    world.settle().await;
    tells_us(&world);
    world.settle().await;
    let (location, contact) = (world.acme.location.as_str(), anna(&world));
    let changes = async |n: u32| {
        let tags = json!({ "tags": [format!("tag {n}")] });
        world.ghl.agent_changes_contact(location, &contact, &tags).unwrap();
        world.ghl.deliver_events().await;
        world.drain().await;
    };
    changes(0).await;
    measured(&world, what, changes).await
}

/// All of them at once: the texts themselves are brought there before anything is counted.
async fn echoed(what: &'static str) -> Cost {
    let world = World::new().await;
    tells_us(&world);
    text(&world, 0).await;
    world.settle().await;
    world.ghl.deliver_events().await;
    world.settle().await;
    for n in 1..=MESSAGES {
        text(&world, n).await;
    }
    world.settle().await;
    let pending = world.ghl.pending_events();
    assert_eq!(pending, vec!["InboundMessage".to_owned(); MESSAGES as usize]);
    measured(&world, what, async |n| {
        if n == 1 {
            world.ghl.deliver_events().await;
            world.drain().await;
        }
    })
    .await
}

/// GoHighLevel's id for her.
fn anna(world: &World) -> String {
    let contact = world.ghl.contact_by_phone(world.acme.location.as_str(), ANNA);
    contact.unwrap().id().to_owned()
}

fn tells_us(world: &World) {
    world.ghl.set_webhook_url(&format!("{}/webhooks/ghl", world.origin));
}

/// By whoever looks after tokens, with its look at the list of those that are due.
async fn renewed(what: &'static str) -> Cost {
    const LIFE: i64 = 86_399;
    let world = World::new().await;
    let location = world.acme.location.to_string();
    let code = world.ghl.consent(Consent::Location(location));
    let back = format!("{}/oauth/crm/callback?code={code}", world.origin);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.get(back).send().await.unwrap().error_for_status().unwrap();
    world.settle().await;
    let renew = async |_: u32| {
        world.advance(LIFE * 5 / 6);
        let deps = &world.functions.token_refresher;
        let done = token_refresher::handle(deps, world.now()).await.unwrap();
        assert_eq!(done.renewed, 1, "{done:?}");
        world.drain().await;
    };
    renew(0).await;
    measured(&world, what, renew).await
}

async fn text(world: &World, n: u32) {
    let number = world.acme.numbers.texting.clone();
    world.texting.receives_text(ANNA, number.as_str(), &format!("hello {n}"), &[]).await;
}

/// A reply, its report, and the wait that GoHighLevel wants before it is told.
async fn reply(world: &World, n: u32) {
    world.agent_sends(ANNA, &format!("reply {n}")).await;
    world.drain().await;
    world.texting.deliver_callbacks().await;
    world.advance(7);
    world.drain_held().await;
}

async fn measured(world: &World, what: &'static str, message: impl AsyncFn(u32)) -> Cost {
    world.dynamo.gate().meter().reset();
    world.gate.meter().reset();
    for n in 1..=MESSAGES {
        message(n).await;
    }
    let (dynamodb, others) = (world.dynamo.gate().meter().total(), world.gate.meter().read());
    world.settle().await;
    let of = |keys: bool| {
        let is_key = |operation: &str| matches!(operation, "Decrypt" | "GenerateDataKey");
        others.iter().filter(|(name, _)| is_key(name) == keys).map(|(_, usage)| usage.calls).sum()
    };
    Cost { what, dynamodb, queue: of(false), keys: of(true) }
}
