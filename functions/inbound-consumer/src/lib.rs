//! inbound-consumer
