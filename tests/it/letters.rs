//! Posts to our webhooks, written by hand: signed as their senders sign them, or not as they
//! should be.

use aws_lc_rs::{hmac, signature::Ed25519KeyPair};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use local::{
    emulator::Gate,
    seed::Accounts,
    sims::{aloware, carrier::Setting, clock::Clock, ghl, telnyx, texting, twilio},
};
use serde_json::{Value, json};

use crate::world::World;

/// Who posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Twilio,
    Telnyx,
    Texting,
    Ghl,
}

pub(crate) const CARRIERS: [Sender; 3] = [Sender::Twilio, Sender::Telnyx, Sender::Texting];
pub(crate) const EVERYBODY: [Sender; 4] =
    [Sender::Twilio, Sender::Telnyx, Sender::Texting, Sender::Ghl];

/// A request, ready to go.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) address: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// All that the outside gets to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: String,
}

impl Sender {
    /// The address that acme gave this sender.
    pub(crate) fn address(self, world: &World) -> String {
        let acme = &world.acme;
        match self {
            Self::Twilio => format!("/webhooks/twilio/{}", acme.twilio),
            Self::Telnyx => format!("/webhooks/telnyx/{}", acme.telnyx),
            Self::Texting => format!("/webhooks/texting/{}", acme.texting),
            Self::Ghl => "/webhooks/messages/provider-delivery".to_owned(),
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Twilio => "application/x-www-form-urlencoded",
            Self::Telnyx | Self::Texting | Self::Ghl => "application/json",
        }
    }

    /// The header that proves who posts.
    pub(crate) fn proof(self) -> &'static str {
        match self {
            Self::Twilio => "x-twilio-signature",
            Self::Telnyx => "telnyx-signature-ed25519",
            Self::Texting => "x-texting-signature",
            Self::Ghl => "x-ghl-signature",
        }
    }

    /// This body, posted to acme and signed as it should be.
    pub(crate) fn letter(self, world: &World, body: impl Into<Vec<u8>>) -> Letter {
        self.letter_to(world, self.address(world), body)
    }

    pub(crate) fn letter_to(
        self,
        world: &World,
        address: String,
        body: impl Into<Vec<u8>>,
    ) -> Letter {
        let content_type = ("content-type", self.content_type().to_owned());
        let letter = Letter { address, headers: vec![content_type], body: body.into() };
        self.sign(world, letter, &self.secret())
    }

    /// What this sender signs with: the simulators' demo accounts.
    pub(crate) fn secret(self) -> Vec<u8> {
        let setting = || Setting::manual(Clock::Machine);
        match self {
            Self::Twilio => twilio::Options::new(setting()).auth_token.into_bytes(),
            Self::Telnyx => telnyx::Options::new(setting()).signing_seed.to_vec(),
            Self::Texting => texting::Options::new(setting()).secret.into_bytes(),
            Self::Ghl => ghl::Options::new(Clock::Machine).signing_seed.to_vec(),
        }
    }

    /// The letter, signed with this secret now.
    pub(crate) fn sign(self, world: &World, letter: Letter, secret: &[u8]) -> Letter {
        self.sign_at(world, letter, secret, world.now().as_second())
    }

    pub(crate) fn sign_at(
        self,
        world: &World,
        letter: Letter,
        secret: &[u8],
        seconds: i64,
    ) -> Letter {
        let body = letter.body.clone();
        match self {
            Self::Twilio => {
                let url = format!("{}{}", world.origin, letter.address);
                letter.with("x-twilio-signature", &sign_form(secret, &url, &body))
            }
            Self::Telnyx => {
                let signed = [format!("{seconds}|").as_bytes(), &body].concat();
                letter
                    .with("telnyx-signature-ed25519", &ed25519(secret, &signed))
                    .with("telnyx-timestamp", &seconds.to_string())
            }
            Self::Texting => {
                let signed = [format!("{seconds}.").as_bytes(), &body].concat();
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                let signature = hex::encode(hmac::sign(&key, &signed));
                letter
                    .with("x-texting-signature", &format!("t={seconds},v1={signature}"))
                    .with("x-texting-secret", std::str::from_utf8(secret).unwrap())
            }
            Self::Ghl => letter.with("x-ghl-signature", &ed25519(secret, &body)),
        }
    }

    /// A text from `phone` to acme's number; from GoHighLevel, one to `phone`.
    pub(crate) fn text(self, world: &World, phone: &str, id: &str, text: &str) -> Vec<u8> {
        self.text_padded(world, phone, id, text, "")
    }

    /// The same, with something in it that nobody looks at.
    pub(crate) fn text_padded(
        self,
        world: &World,
        phone: &str,
        id: &str,
        text: &str,
        padding: &str,
    ) -> Vec<u8> {
        let numbers = &world.acme.numbers;
        match self {
            Self::Twilio => form(&[
                ("AccountSid", &account_sid()),
                ("MessageSid", id),
                ("SmsStatus", "received"),
                ("From", phone),
                ("To", numbers.twilio.as_str()),
                ("Body", text),
                ("Padding", padding),
            ]),
            Self::Telnyx => bytes(&json!({ "padding": padding, "data": {
                "id": format!("event-{id}"),
                "event_type": "message.received",
                "payload": {
                    "id": id,
                    "from": { "phone_number": phone },
                    "to": [{ "phone_number": numbers.telnyx }],
                    "text": text,
                },
            }})),
            Self::Texting => bytes(&json!({
                "eventType": "message.received", "eventId": format!("event-{id}"),
                "messageId": id, "from": phone, "to": numbers.texting, "body": text,
                "padding": padding,
            })),
            Self::Ghl => bytes(&json!({
                "locationId": world.acme.location, "messageId": id, "type": "SMS",
                "phone": phone, "message": text, "padding": padding,
            })),
        }
    }
}

impl Letter {
    /// With this header, and no other of the name.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name, value.to_owned()));
        self
    }

    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(it, _)| *it != name);
        self
    }

    pub(crate) async fn post(&self, world: &World) -> Answer {
        let url = format!("{}{}", world.origin, self.address);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.post(url).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.unwrap();
        let header = |name| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Answer {
            status: answer.status().as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after"),
            body: answer.text().await.unwrap(),
        }
    }
}

pub(crate) fn account_sid() -> String {
    twilio::Options::new(Setting::manual(Clock::Machine)).account_sid
}

pub(crate) fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// As Twilio signs: the address, then the fields in the order of their names.
fn sign_form(token: &[u8], url: &str, body: &[u8]) -> String {
    let mut fields: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    fields.sort();
    let appendix: String = fields.into_iter().map(|(name, value)| name + &value).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token);
    STANDARD.encode(hmac::sign(&key, format!("{url}{appendix}").as_bytes()))
}

fn ed25519(seed: &[u8], signed: &[u8]) -> String {
    STANDARD.encode(Ed25519KeyPair::from_seed_unchecked(seed).unwrap().sign(signed))
}

/// The accounts that every world's simulators were started with, at this location.
pub(crate) fn accounts(world: &World, location: &ghl::Location) -> Accounts {
    let setting = || Setting::manual(world.clock.clone());
    let telnyx_key = telnyx::Options::new(setting()).api_key;
    Accounts::at(
        &twilio::Options::new(setting()),
        (&world.telnyx, &telnyx_key),
        &texting::Options::new(setting()),
        &aloware::Options::new(0),
        location,
    )
}

/// The same where this variable is not set.
pub(crate) async fn env_without(world: &World, function: &str, variable: &str) -> aws::Env {
    let endpoints = aws::Endpoints {
        dynamodb: world.dynamo.url().to_owned(),
        others: world.gate.url().to_owned(),
    };
    let mut environment = world.environment(function).clone();
    environment.remove(variable);
    aws::Env::given(environment, &endpoints).await
}

/// What a function would find that was started anew in this world.
pub(crate) async fn env(world: &World, function: &str) -> aws::Env {
    let endpoints = aws::Endpoints {
        dynamodb: world.dynamo.url().to_owned(),
        others: world.gate.url().to_owned(),
    };
    aws::Env::given(world.environment(function).clone(), &endpoints).await
}

/// How often anything was written to a table or put on a queue.
pub(crate) fn effects(world: &World) -> u64 {
    let calls = |gate: &Gate, operations: &[&str]| -> u64 {
        let read = gate.meter().read();
        operations.iter().filter_map(|it| read.get(*it)).map(|usage| usage.calls).sum()
    };
    let writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];
    calls(world.dynamo.gate(), &writes) + calls(&world.gate, &["SendMessage", "SendMessageBatch"])
}
