//! Everything goes wrong that can, and says so in words that must not be repeated.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use local::{
    emulator::gate::When,
    seed::ALOWARE_WEBHOOK_SECRET,
    sims::{
        carrier::{Behaviour, InboundText},
        fault::{Fault, Planned},
    },
};
use serde_json::{Value, json};

use super::{PICTURE, REPLY, TEXT, secrets};
use crate::{
    aloware,
    letters::{CARRIERS, EVERYBODY, Letter, Sender},
    tables::Tables,
    world::{ANNA, BEN, World, answer_lost},
};

pub(super) async fn everything(world: &World) {
    at_ghl(world);
    at_the_carriers(world).await;
    at_the_doors(world).await;
    in_the_queues(world).await;
    in_the_tables(world).await;
    world.ghl.faults().clear();
    world.settle().await;
    at_aloware(world).await;
}

/// Tells everything it knows.
fn chatty(status: u16) -> Fault {
    let body = json!({
        "code": format!("no {BEN}"), "status": status, "canonicalCode": format!("for {BEN}"),
        "message": format!("\"{REPLY}\" cannot go to {BEN}"),
        "error": { "code": TEXT, "message": format!("{BEN}: {REPLY}"), "retryable": true },
        "errors": [{ "code": TEXT, "title": BEN, "detail": REPLY }],
    });
    Fault::Status { status, body: Some(body), retry_after: None }
}

fn at_ghl(world: &World) {
    for operation in ["upsert_contact", "add_inbound", "update_status", "update_contact"] {
        for status in [400, 401, 422, 429, 500] {
            let fault = chatty(status);
            world.ghl.faults().add(Planned { on: operation.to_owned(), times: 1, fault });
        }
        world.ghl.faults().add(answer_lost(operation, 1));
    }
}

async fn at_the_carriers(world: &World) {
    let numbers = world.acme.numbers.clone();
    for status in [429, 503, 400] {
        let fault = chatty(status);
        world.telnyx.plan_fault(Planned { on: "send".to_owned(), times: 1, fault });
        world.telnyx.receives_text(BEN, numbers.telnyx.as_str(), TEXT, &[PICTURE]).await;
        world.agent_sends(BEN, REPLY).await;
        world.settle().await;
    }
    world.telnyx.plan_fault(answer_lost("send", 1));
    world.agent_sends(BEN, REPLY).await;
    world.settle().await;
    for behaviour in [Behaviour::OptedOut, Behaviour::InvalidNumber] {
        world.telnyx.set_behaviour(BEN, behaviour);
        world.agent_sends(BEN, REPLY).await;
        world.settle().await;
    }
    world.telnyx.receives(InboundText::new(TEXT, numbers.telnyx.as_str(), TEXT)).await;
    world.texting.receives(InboundText::new("+1", numbers.texting.as_str(), TEXT)).await;
}

/// Of a tenant whose contacts are copied there.
async fn at_aloware(world: &World) {
    let settings = json!({ "sync_contacts": true });
    let dials = aloware::plant(world, settings, ALOWARE_WEBHOOK_SECRET).await;
    for status in [429, 503, 401, 400] {
        let fault = chatty(status);
        world.aloware.plan_fault(Planned { on: "upsert_contact".to_owned(), times: 1, fault });
    }
    aloware::texts(world, &dials, BEN, TEXT).await;
    world.settle().await;
    assert_eq!(world.aloware.calls("upsert_contact"), 4);

    let shown = format!("Bearer {ALOWARE_WEBHOOK_SECRET}");
    let event = json!({ "event": BEN, "body": { TEXT: REPLY } }).to_string();
    for (shown, body) in [("Bearer guessed", &*event), (&*shown, "}{"), (&*shown, &*event)] {
        aloware::letter(&dials.aloware, Some(shown), body).post(world).await;
    }
    world.settle().await;
}

async fn at_the_doors(world: &World) {
    for sender in EVERYBODY {
        let letter = sender.letter(world, sender.text(world, BEN, "SM77", TEXT));
        letter.clone().without(sender.proof()).without("x-texting-secret").post(world).await;
        letter.clone().with("content-type", "text/plain").post(world).await;
        let unreadable = json!({
            "data": { "id": BEN, "event_type": { TEXT: REPLY }, "payload": BEN },
            "eventType": "message.received", "from": BEN, "locationId": { TEXT: BEN },
            "messageId": [BEN], "phone": BEN, "message": { TEXT: REPLY },
        });
        sender.letter(world, unreadable.to_string()).post(world).await;

        world.dynamo.gate().fail_next("PutItem", 1, When::Before);
        world.dynamo.gate().fail_next("TransactWriteItems", 1, When::Before);
        letter.post(world).await;
        world.dynamo.gate().heal();
        world.gate.fail_next("SendMessage", 1, When::Before);
        letter.post(world).await;
        world.gate.heal();
    }
    let unsendable = |name: &str, value: Value| {
        let text = Sender::Ghl.text(world, BEN, &format!("bad-{name}"), TEXT);
        let mut text: Value = serde_json::from_slice(&text).unwrap();
        text[name] = value;
        text.to_string()
    };
    for body in [
        unsendable("phone", format!("{BEN}{BEN}").into()),
        unsendable("phone", TEXT.into()),
        unsendable("attachments", json!([format!("ftp://{BEN}/{TEXT}")])),
        unsendable("message", REPLY.repeat(200).into()),
        unsendable("locationId", BEN.into()),
        unsendable("type", TEXT.into()),
    ] {
        let letter: Letter = Sender::Ghl.letter(world, body);
        assert_eq!(letter.post(world).await.status, 200);
    }
    for sender in CARRIERS {
        let body = sender.text(world, BEN, "SM77", TEXT);
        let address = format!("/webhooks/{sender:?}/{BEN}").to_lowercase();
        sender.letter_to(world, address, body).post(world).await;
    }
}

/// Jobs that are none.
async fn in_the_queues(world: &World) {
    let spoilt = [
        json!(BEN),
        json!({ "do": TEXT, "tenant": BEN }),
        json!({ "do": "tell_standing", "tenant": "acme", "phone": TEXT }),
        json!({ "do": "tell_standing", "tenant": "acme", "phone": 12_125_550_124_u64 }),
        json!({ "tenant": { TEXT: BEN }, "event": [TEXT] }),
    ];
    let (functions, now) = (&world.functions, world.now());
    inbound_consumer::handle(&functions.inbound_consumer, batch(&spoilt), now).await;
    outbound_consumer::handle(&functions.outbound_consumer, batch(&spoilt), now).await;
    report_consumer::handle(&functions.report_consumer, batch(&spoilt), now).await;
}

fn batch(jobs: &[Value]) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (n, job) in jobs.iter().enumerate() {
        let mut message = SqsMessage::default();
        message.message_id = Some(n.to_string());
        message.body = Some(job.to_string());
        event.records.push(message);
    }
    event
}

/// Items that somebody spoilt, put right again in the end.
async fn in_the_tables(world: &World) {
    let tables = Tables::of(world);
    let items = tables.items().await;
    let item = |pk: &str, sk: &str| {
        let mut found = items.iter().filter(|(_, it)| it["pk"]["S"] == pk && it["sk"]["S"] == sk);
        found.next().cloned().unwrap()
    };

    let (table, whole) = item(&format!("T#acme#P#{ANNA}"), "OPTOUT");
    for (field, value) in [
        ("phone", json!({ "S": TEXT })),
        ("phone", json!({ "N": "12125550123" })),
        ("active", json!({ "S": TEXT })),
        ("source", json!({ "S": BEN })),
    ] {
        tables.put(&table, &with(&whole, field, value)).await;
        let job = json!({ "do": "tell_standing", "tenant": "acme", "phone": ANNA });
        let reports = &world.functions.report_consumer;
        report_consumer::handle(reports, batch(&[job]), world.now()).await;
    }
    let due = with(&whole, "due_pk", json!({ "S": "due#0" }));
    let due = with(&due, "due_at", json!({ "N": "1" }));
    for wake in [json!({ "queue": TEXT }), json!({ "queue": "reports", "job": { "do": BEN } })] {
        tables.put(&table, &with(&due, "wake", json!({ "S": wake.to_string() }))).await;
        world.sweep().await;
    }
    tables.put(&table, &whole).await;

    let (table, whole) = item("T#acme", "INT#acme-texting");
    let settings = json!({ "M": { "require_signature": { "S": secrets()[0] } } });
    tables.put(&table, &with(&whole, "settings", settings)).await;
    world.advance(61); // The connection is remembered for a minute.
    Sender::Texting.letter(world, "{}").post(world).await;
    tables.put(&table, &whole).await;
    world.advance(61);
}

fn with(item: &Value, field: &str, value: Value) -> Value {
    let mut item = item.clone();
    item[field] = value;
    item
}
