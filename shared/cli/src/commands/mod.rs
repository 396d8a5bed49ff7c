//! The commands, one file for each noun: its arguments, and what is done with them.

mod audit;
mod consents;
mod conversations;
mod crm;
mod dead_letters;
mod events;
mod follow;
mod forget;
mod integrations;
mod keys;
mod log;
mod messages;
mod numbers;
mod opt_outs;
mod people;
mod quarantine;
mod send;
mod templates;
mod tenants;
mod to_file;
mod whoami;

use clap::{Args, Subcommand};

use crate::{failure::Failure, session::Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say whose key this is, and what it may do
    Whoami,
    /// Tenants: made, changed, suspended, exported, deleted
    #[command(subcommand, after_help = tenants::EXAMPLES)]
    Tenants(tenants::Tenants),
    /// API keys
    #[command(subcommand, after_help = keys::EXAMPLES)]
    Keys(keys::Keys),
    /// Connected providers, and what can be connected
    #[command(subcommand, after_help = integrations::EXAMPLES)]
    Integrations(integrations::Integrations),
    /// GoHighLevel's locations: connected by consent, and given to a tenant
    #[command(subcommand, after_help = crm::EXAMPLES)]
    Crm(crm::Crm),
    /// A tenant's numbers
    #[command(subcommand, after_help = numbers::EXAMPLES)]
    Numbers(numbers::Numbers),
    /// Send a text, now or later
    #[command(after_help = send::EXAMPLES)]
    Send(send::Send),
    /// Texts, in and out
    #[command(subcommand, after_help = messages::EXAMPLES)]
    Messages(messages::Messages),
    /// Conversations, and everything that happened in one
    #[command(subcommand, after_help = conversations::EXAMPLES)]
    Conversations(conversations::Conversations),
    /// Who must not be texted
    #[command(subcommand, after_help = opt_outs::EXAMPLES)]
    OptOuts(opt_outs::OptOuts),
    /// The consent ledger: who agreed to be texted
    #[command(subcommand, after_help = consents::EXAMPLES)]
    Consents(consents::Consents),
    /// A person's rights: evidence, export, erasure
    #[command(subcommand, after_help = people::EXAMPLES)]
    People(people::People),
    /// The sync log: every operation with its outcome
    #[command(after_help = log::EXAMPLES)]
    Log(log::Log),
    /// The audit log: who changed what
    #[command(after_help = audit::EXAMPLES)]
    Audit(Most),
    /// What came in from outside, as it came
    #[command(subcommand, after_help = events::EXAMPLES)]
    Events(events::Events),
    /// What waits for a person: looked at, tried again, given up
    #[command(subcommand, after_help = quarantine::EXAMPLES)]
    Quarantine(quarantine::Quarantine),
    /// What the queues gave up
    #[command(subcommand, after_help = dead_letters::EXAMPLES)]
    DeadLetters(dead_letters::DeadLetters),
}

/// How much of a list is wanted.
#[derive(Debug, Args)]
pub(crate) struct Most {
    /// Stop after so many; without it all pages are shown
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

impl Command {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        match self {
            Self::Whoami => whoami::run(session).await,
            Self::Tenants(it) => it.run(session).await,
            Self::Keys(it) => it.run(session).await,
            Self::Integrations(it) => it.run(session).await,
            Self::Crm(it) => it.run(session).await,
            Self::Numbers(it) => it.run(session).await,
            Self::Send(it) => it.run(session).await,
            Self::Messages(it) => it.run(session).await,
            Self::Conversations(it) => it.run(session).await,
            Self::OptOuts(it) => it.run(session).await,
            Self::Consents(it) => it.run(session).await,
            Self::People(it) => it.run(session).await,
            Self::Log(it) => it.run(session).await,
            Self::Audit(it) => audit::run(it, session).await,
            Self::Events(it) => it.run(session).await,
            Self::Quarantine(it) => it.run(session).await,
            Self::DeadLetters(it) => it.run(session).await,
        }
    }
}
