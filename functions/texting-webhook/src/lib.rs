//! texting-webhook
