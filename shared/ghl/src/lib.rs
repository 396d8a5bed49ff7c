//! What GoHighLevel says and wants to hear: its API, its errors, its signatures.
//!
//! **Invariant:** nothing here knows a carrier, a queue or a table, and no error or `Debug` shows a
//! telephone number, a text, a token, or a sentence that GoHighLevel wrote.

pub mod oauth;
pub mod webhook;

mod client;
mod contacts;
mod error;
mod fields;
mod gate;
mod inbound;
mod probe;
mod rate;
mod refusal;
mod session;
mod status;
mod thread;

pub use client::Client;
pub use contacts::{CrmContact, Dnd};
pub use error::{Error, Kind};
pub use gate::{Calling, Gate, Held, Passing};
pub use inbound::{CrmMessage, InboundPost};
pub use rate::RateLimit;
pub use session::{Provider, Session};
pub use thread::Sought;
