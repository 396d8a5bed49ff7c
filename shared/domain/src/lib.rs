//! The rules of texting, with no I/O.
//!
//! **Invariant:** nothing here is `async`, reads a clock, draws randomness, or names a vendor in
//! its logic. What varies is an argument.

pub mod access;
pub mod allowance;
pub mod audit;
pub mod breaker;
pub mod consent;
pub mod contact_copy;
pub mod conversation;
pub mod crm_event;
pub mod crm_status;
pub mod delivery;
pub mod event;
pub mod failure;
pub mod heard;
pub mod hidden;
pub mod ids;
pub mod install;
pub mod integration;
pub mod jobs;
pub mod keyword;
pub mod lead;
mod look_alikes;
pub mod message;
pub mod mirror;
pub mod number;
pub mod outbound;
pub mod parked;
pub mod phone;
pub mod quarantine;
pub mod resumption;
pub mod segments;
pub mod sync_log;
pub mod tenant;
pub mod text;
pub mod token;
pub mod work;
pub mod zone;
