//! report-consumer
