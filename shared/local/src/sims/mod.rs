//! Simulators of the companies on the far side. Each behaves as its vendor's documents say,
//! refuses what the vendor would refuse, and fails on demand.
//!
//! **Invariant:** no simulator uses our own code for its vendor: it is the other side's opinion.

pub mod aloware;
pub mod carrier;
pub mod clock;
pub mod fault;
pub mod ghl;
pub mod outbox;
pub mod posting;
pub mod server;
pub mod telnyx;
pub mod texting;
pub mod twilio;
