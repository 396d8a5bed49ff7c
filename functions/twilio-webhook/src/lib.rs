//! twilio-webhook
