//! The words of a message, which must not end up in a log.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// What a message says. `Debug` shows its length only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageText(String);

impl MessageText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageText({} characters)", self.0.chars().count())
    }
}

/// A picture or file that goes with a message: an `https` address (`http` on this machine only,
/// for the local world). `Debug` shows its host only, for the rest often opens the picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MediaUrl(Url);

/// The most media one message can carry, at every carrier we know.
pub const MEDIA_LIMIT: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("media is an absolute https address of at most 2048 characters")]
pub struct InvalidMediaUrl;

impl MediaUrl {
    pub fn parse(raw: &str) -> Result<Self, InvalidMediaUrl> {
        let url = Url::parse(raw).map_err(|_| InvalidMediaUrl)?;
        let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
        let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_local);
        if !is_secure || url.host_str().is_none() || raw.len() > 2048 {
            return Err(InvalidMediaUrl);
        }
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for MediaUrl {
    type Error = InvalidMediaUrl;

    fn try_from(raw: String) -> Result<Self, InvalidMediaUrl> {
        Self::parse(&raw)
    }
}

impl From<MediaUrl> for String {
    fn from(media: MediaUrl) -> Self {
        media.0.into()
    }
}

impl fmt::Debug for MediaUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaUrl({}/…)", self.0.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_neither_the_words_nor_the_path() {
        assert_eq!(format!("{:?}", MessageText::new("my secret")), "MessageText(9 characters)");
        let media = MediaUrl::parse("https://media.example/a/private.png").unwrap();
        assert_eq!(format!("{media:?}"), "MediaUrl(media.example/…)");
    }

    #[test]
    fn media_is_fetched_over_https_only() {
        assert!(MediaUrl::parse("http://127.0.0.1:4000/a.png").is_ok());
        for bad in
            ["http://media.example/a.png", "ftp://media.example/a", "a.png", "data:text/plain,x"]
        {
            assert_eq!(MediaUrl::parse(bad), Err(InvalidMediaUrl), "{bad}");
        }
    }
}
