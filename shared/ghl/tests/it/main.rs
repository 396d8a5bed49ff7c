//! The client against a server on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test sets up may fail it, in its helpers as in the test itself"
)]

mod calls;
mod contacts;
mod errors;
mod oauth;
mod oauth_errors;
mod support;
mod thread;
