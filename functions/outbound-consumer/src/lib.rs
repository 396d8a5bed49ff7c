//! outbound-consumer
