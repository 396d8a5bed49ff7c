//! How to call a stranger: with a deadline, a limit to what we read back, no redirects, and an
//! honest account of a call that went wrong.
//!
//! **Invariant:** nothing here knows whom it calls. Nothing else in the runtime opens a socket to
//! anybody but AWS.

mod answer;
mod call;
mod client;
pub mod reach;

pub use answer::Answer;
pub use call::Call;
pub use client::{CallError, Client, Limits, Unusable};
