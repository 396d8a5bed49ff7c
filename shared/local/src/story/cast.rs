//! Who plays: the simulators, the people who text through them, and what can be seen of them.

use anyhow::{Context as _, ensure};
use aws::Scope;
use domain::{
    ids::{CrmMessageId, MessageId},
    message::Message,
    phone::PhoneNumber,
};

use crate::{
    running::World,
    sims::{
        carrier::{CarrierSim, InboundText, Received, SentText, Vendor},
        ghl::{self, AgentMessage, Delivered, GhlSim},
        telnyx::TelnyxSim,
        texting::TextingSim,
        twilio::TwilioSim,
    },
};

/// Somebody with a handset, and the number of ours that they text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person<'a> {
    pub(crate) phone: &'a str,
    pub(crate) ours: &'a PhoneNumber,
}

/// The world with all its simulators.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast<'a> {
    pub(crate) world: &'a World,
    pub(crate) ghl: &'a GhlSim,
    pub(crate) twilio: &'a TwilioSim,
    pub(crate) telnyx: &'a TelnyxSim,
    pub(crate) texting: &'a TextingSim,
}

/// Somebody whom the story needs is not simulated here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the story needs every simulator, and {0} is replaced by an address that was given")]
pub struct Missing(&'static str);

impl<'a> Cast<'a> {
    pub(crate) fn of(world: &'a World) -> Result<Self, Missing> {
        let sims = &world.sims;
        Ok(Self {
            world,
            ghl: sims.ghl.sim.as_ref().ok_or(Missing("GoHighLevel"))?,
            twilio: sims.twilio.sim.as_ref().ok_or(Missing("Twilio"))?,
            telnyx: sims.telnyx.sim.as_ref().ok_or(Missing("Telnyx"))?,
            texting: sims.texting.sim.as_ref().ok_or(Missing("Texting"))?,
        })
    }

    pub(crate) fn texting(self, phone: &'a str) -> Person<'a> {
        Person { phone, ours: &self.world.tenant.numbers.texting }
    }

    pub(crate) fn telnyx(self, phone: &'a str) -> Person<'a> {
        Person { phone, ours: &self.world.tenant.numbers.telnyx }
    }

    pub(crate) fn twilio(self, phone: &'a str) -> Person<'a> {
        Person { phone, ours: &self.world.tenant.numbers.twilio }
    }

    pub(crate) fn scope(self) -> Scope<'a> {
        self.world.store.of(&self.world.tenant.tenant)
    }

    /// What the person said, as the agent reads it in GoHighLevel, oldest first.
    pub(crate) fn heard(self, person: Person<'_>) -> Vec<ghl::Message> {
        let mut thread = self.ghl.messages(&self.world.location, person.phone);
        thread.retain(|it| it.direction == "inbound");
        thread
    }

    /// What the person got on their handset from anybody, oldest first.
    pub(crate) fn got(self, person: Person<'_>) -> Vec<SentText> {
        let all = [self.twilio.sent(), self.telnyx.sent(), self.texting.sent()].concat();
        all.into_iter().filter(|it| it.to == person.phone).collect()
    }

    /// An agent writes, and GoHighLevel hands it to us. Gives GoHighLevel's id of it.
    pub(crate) async fn agent_writes(self, to: Person<'_>, text: &str) -> anyhow::Result<String> {
        self.agent_sends(AgentMessage::new(&self.world.location, to.phone, text)).await
    }

    pub(crate) async fn agent_sends(self, message: AgentMessage) -> anyhow::Result<String> {
        let sent = self.ghl.agent_sends(message).await?;
        let answer = sent.answer;
        ensure!(answer == Delivered::Answered(200), "GoHighLevel was answered {answer:?}");
        Ok(sent.message_id)
    }

    /// A message of an agent's, as we have it.
    pub(crate) async fn ours(self, crm_message: &str) -> anyhow::Result<Message> {
        let theirs = CrmMessageId::parse(crm_message)?;
        let id = MessageId::from_crm(&self.world.tenant.tenant, &theirs);
        let found = self.scope().message(&id).await?;
        Ok(found.context("we have no such message")?.body)
    }

    /// What GoHighLevel shows an agent's message as.
    pub(crate) fn status(self, crm_message: &str) -> anyhow::Result<ghl::Message> {
        self.ghl.message(crm_message).context("GoHighLevel has no such message")
    }
}

/// The person texts, and our webhook takes it.
pub(crate) async fn says<V: Vendor>(
    carrier: &CarrierSim<V>,
    person: Person<'_>,
    text: &str,
) -> anyhow::Result<()> {
    let text = InboundText::new(person.phone, person.ours.as_str(), text);
    accepted(&carrier.receives(text).await)
}

pub(crate) fn accepted(received: &Received) -> anyhow::Result<()> {
    ensure!(received.answer.is_accepted(), "our webhook: {:?}", received.answer);
    Ok(())
}

/// The bodies, for a look at whether they are these and no others.
pub(crate) fn exactly(found: &[impl AsRef<str>], expected: &[&str]) -> anyhow::Result<()> {
    let found: Vec<_> = found.iter().map(AsRef::as_ref).collect();
    ensure!(found == expected, "{} of {}: {found:?}", found.len(), expected.len());
    Ok(())
}

pub(crate) fn bodies_in(thread: &[ghl::Message]) -> Vec<&str> {
    thread.iter().map(|it| it.body.as_str()).collect()
}

pub(crate) fn bodies(texts: &[SentText]) -> Vec<&str> {
    texts.iter().map(|it| it.body.as_str()).collect()
}
