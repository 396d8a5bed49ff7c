//! What every function that the world calls has in common: how a request is read, and what the
//! caller gets for an answer.
//!
//! **Invariant:** nothing here knows who calls, and nothing here reads a body that was not verified.

mod answer;
mod caller;
mod read;
mod refusal;

pub use answer::{answer, empty, json};
pub use caller::{Refused, caller, request_id};
pub use read::{
    BODY_LIMIT, body, called_as, content_type, expect_content, header, integration, query,
};
pub use refusal::{Refusal, refuse};
