//! ghl-delivery
