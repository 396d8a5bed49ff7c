//! What a message costs, as counts and ratios: `cargo bench`. The last figures are kept in
//! docs/benchmarks.md. `cargo bench -- calls` counts the calls alone, which needs no release build.
//!
//! The calls and capacity units are exact and the same on every machine. Processor time and the
//! time to start are of this machine: compare them with the no-op function beside them.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on says where")]
#![expect(clippy::print_stdout, reason = "its tables are what it is for")]

mod calls;
mod process;
mod processes;
mod table;

#[tokio::main]
async fn main() {
    // `cargo test --benches` asks every bench whether it can be started.
    let asked = |what: &str| std::env::args().any(|it| it == what);
    if asked("--test") {
        return;
    }
    calls::report().await;
    if !asked("calls") {
        processes::report().await;
    }
}
