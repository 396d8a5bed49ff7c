//! What we count, for `CloudWatch`, in its embedded metric format: a line of JSON on the standard
//! output that costs no call.

use std::sync::OnceLock;

use metrics_cloudwatch_embedded::{Builder, Collector};

static COLLECTOR: OnceLock<&'static Collector> = OnceLock::new();

/// Begins to count. Without it, as in tests, counting does nothing. Called once, by `main`.
pub fn init() {
    if let Ok(collector) = Builder::new().cloudwatch_namespace("Duplex").init() {
        let _ = COLLECTOR.set(collector);
    }
}

/// One more of something. Names are `PascalCase` nouns; no tenant and no id belongs in them.
pub fn count(name: &'static str) {
    metrics::counter!(name).increment(1);
}

/// Writes down what was counted since the last time. Called after each event, by `main`: a frozen
/// function may never wake to do it later.
pub fn flush() {
    if let Some(collector) = COLLECTOR.get() {
        // Nobody can be told that telling failed.
        let _ = collector.flush(std::io::stdout());
    }
}
