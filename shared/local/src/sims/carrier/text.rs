//! Texts as a carrier sees them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::behaviour::Step;

/// A text that a carrier accepted from us, or that a handset sent us.
#[derive(Clone)]
pub struct Text {
    pub id: String,
    pub direction: Direction,
    pub from: String,
    pub to: String,
    pub body: String,
    pub media: Vec<Media>,
    /// Where to report what becomes of it.
    pub callback: Option<String>,
    pub failover: Option<String>,
    /// What only this vendor asks for.
    pub particulars: Value,
    pub opt_out: Option<OptOut>,
    pub at: Timestamp,
    /// What becomes of it, and when.
    pub steps: Vec<(Timestamp, Step)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Inbound,
    Outbound,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Media {
    pub url: String,
    pub content_type: String,
}

/// A word by which a handset tells the carrier to stop, to start, or to explain itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OptOut {
    #[serde(alias = "stop")]
    Stop,
    #[serde(alias = "start")]
    Start,
    #[serde(alias = "help")]
    Help,
}

/// What a handset sends.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboundText {
    pub from: String,
    pub to: String,
    pub body: String,
    #[serde(default)]
    pub media: Vec<String>,
    /// The carrier took the text for a keyword, acted on it, and says so.
    #[serde(default)]
    pub opt_out: Option<OptOut>,
}

/// What we ask a carrier to send, once the vendor has read it.
#[derive(Clone)]
pub struct Wanted {
    pub from: String,
    pub to: String,
    pub body: String,
    pub media: Vec<Media>,
    pub callback: Option<String>,
    pub failover: Option<String>,
    pub particulars: Value,
}

/// A text of ours that really left.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SentText {
    pub id: String,
    pub from: String,
    pub to: String,
    pub body: String,
    pub media: Vec<String>,
    pub status_callback: Option<String>,
    /// What only this vendor asks for.
    pub particulars: Value,
    pub at: Timestamp,
}

impl Text {
    /// The last station it has reached by then; none means that it is still queued.
    pub fn reached(&self, by: Timestamp) -> Option<&(Timestamp, Step)> {
        self.steps.iter().rev().find(|(at, _)| *at <= by)
    }

    /// One of the vendor's own fields, if it is a string.
    pub fn particular(&self, name: &str) -> Option<&str> {
        self.particulars.get(name)?.as_str()
    }
}

impl Media {
    pub fn new(url: impl Into<String>) -> Self {
        let url = url.into();
        let content_type = match url.rsplit('.').next() {
            Some("png") => "image/png",
            Some("gif") => "image/gif",
            Some("mp4") => "video/mp4",
            Some("pdf") => "application/pdf",
            _ => "image/jpeg",
        };
        Self { url, content_type: content_type.into() }
    }
}

impl OptOut {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Start => "START",
            Self::Help => "HELP",
        }
    }
}

impl InboundText {
    pub fn new(from: &str, to: &str, body: &str) -> Self {
        let (from, to, body) = (from.into(), to.into(), body.into());
        Self { from, to, body, media: Vec::new(), opt_out: None }
    }

    #[must_use]
    pub fn with_media(mut self, urls: &[&str]) -> Self {
        self.media = urls.iter().map(|&url| url.to_owned()).collect();
        self
    }

    #[must_use]
    pub fn with_opt_out(mut self, opt_out: OptOut) -> Self {
        self.opt_out = Some(opt_out);
        self
    }
}

impl From<&Text> for SentText {
    fn from(text: &Text) -> Self {
        let Text { id, from, to, body, callback, particulars, at, .. } = text.clone();
        let media = text.media.iter().map(|it| it.url.clone()).collect();
        Self { id, from, to, body, media, status_callback: callback, particulars, at }
    }
}

/// Numbers and texts stay out of `Debug`, as everywhere.
macro_rules! debug_by_id {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("id", &self.id).finish_non_exhaustive()
            }
        }
    )*};
}

macro_rules! debug_by_name {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

debug_by_id!(Text, SentText);
debug_by_name!(Media, InboundText, Wanted);
