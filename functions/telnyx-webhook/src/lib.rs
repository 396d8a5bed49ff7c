//! telnyx-webhook
