//! The whole, in one process: real handlers, real protocols, simulated strangers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod a_reply_reaches_the_phone;
mod a_tenants_address;
mod a_text_reaches_ghl;
mod aloware;
mod api;
mod command_line;
mod consent;
mod contract;
mod doors;
mod events;
mod ghl_events;
mod keys;
mod letters;
mod opting_out;
mod pace;
mod retries;
mod secrets_stay_inside;
mod shape;
mod signing_in;
mod stop_comes_first;
mod tables;
mod template;
mod tenants_are_apart;
mod tokens;

use ::world;
