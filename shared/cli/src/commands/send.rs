//! Sending a text.

use clap::Args;
use serde_json::json;

use crate::{
    cli::header_value,
    failure::Failure,
    request::{Request, new_key},
    session::Session,
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme send --to +12125550123 --text \"Your table is ready.\"
  duplex --tenant acme send --to +12125550123 --text \"See you!\" --at 2026-12-31T08:00:00-05:00
  echo \"Your table is ready.\" | duplex --tenant acme send --to +12125550123 --text -

The key is printed before the text is sent. If there is no answer, send again with the same
--idempotency-key: the text is then sent once, however often you ask.";

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// A number with its country code, or a North American one
    #[arg(long, value_name = "NUMBER")]
    to: String,
    /// What to say: at most 1600 characters. - reads it from the input
    #[arg(long, default_value = "", hide_default_value = true)]
    text: String,
    /// One of the tenant's numbers; the one the person knows, if none is named
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// When to send it; at once, if nothing is said
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// After this it is not sent any more; four hours after --at, if nothing is said
    #[arg(long, value_name = "TIME")]
    by: Option<String>,
    /// The address of a picture or file; it may be given ten times
    #[arg(long, value_name = "URL")]
    media: Vec<String>,
    /// The same key is the same text, sent once; made up, if none is given
    #[arg(long, value_name = "KEY", value_parser = header_value)]
    idempotency_key: Option<String>,
}

impl Send {
    pub(crate) async fn run(self, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let text = match self.text.as_str() {
            "-" => session.read("-")?.trim_end().to_owned(),
            _ => self.text,
        };
        let key = self.idempotency_key.map_or_else(new_key, Ok)?;
        session.note(&format!("To repeat this safely: --idempotency-key {key}"));
        let body = json!({
            "to": self.to, "text": text, "media": self.media, "from": self.from,
            "send_at": self.at, "send_by": self.by,
        });
        session.show(&Request::post_once(&["messages"], body, key)).await.map(drop)
    }
}
