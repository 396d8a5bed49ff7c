//! The whole world on one machine: the emulated cloud, every function, and simulators of the
//! companies on the far side.
//!
//! **Invariant:** nothing but tests depends on this crate, and it is never deployed.

pub mod cli;
pub mod deploy;
pub mod emulator;
pub mod running;
pub mod say;
pub mod seed;
pub mod sims;
pub mod story;
pub mod template;
