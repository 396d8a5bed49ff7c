//! The keys that GoHighLevel signs with. They change by announcement, and a post does not say which
//! one signed it, so several are accepted at a time.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};

/// The key in use since early 2026, as GoHighLevel published it.
pub const GHL_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----
";

/// What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410).
const DER_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];

/// One or more accepted keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(Vec<[u8; 32]>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    #[error("there is no key")]
    Empty,
    /// Counted from one.
    #[error("key {0} is not an Ed25519 public key in PEM or base64")]
    NotAKey(usize),
}

impl Keys {
    /// Reads PEM blocks, or their base64 alone, or the base64 of the bare 32 bytes; separated by
    /// commas or white space. Line ends may be written `\n`, as some environments have it.
    pub fn parse(list: &str) -> Result<Self, InvalidKeys> {
        // The base64 of an Ed25519 key fits on one line, so what armour leaves is one word.
        let bare = ["-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", "\\n", ","]
            .iter()
            .fold(list.to_owned(), |text, mark| text.replace(mark, "\n"));
        let keys = bare
            .split_whitespace()
            .enumerate()
            .map(|(index, word)| key(word).ok_or(InvalidKeys::NotAKey(index + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(Self(keys)) }
    }

    pub(super) fn have_signed(&self, body: &[u8], signature: &[u8]) -> bool {
        self.0
            .iter()
            .any(|key| UnparsedPublicKey::new(&ED25519, key).verify(body, signature).is_ok())
    }
}

fn key(word: &str) -> Option<[u8; 32]> {
    let bytes = STANDARD.decode(word).ok()?;
    bytes.strip_prefix(&DER_PREFIX).unwrap_or(&bytes).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPKI: &str = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=";
    const RAW: &str = "i2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=";

    #[test]
    fn the_published_key_is_the_one_we_know() {
        let Keys(keys) = Keys::parse(GHL_PUBLIC_KEY).unwrap();
        assert_eq!(keys[0][..8], [0x8b, 0x61, 0xd1, 0xd6, 0xca, 0xcb, 0xe2, 0x8d]);
        assert_eq!(keys[0][24..], [0xf4, 0x0c, 0x09, 0xac, 0x70, 0x83, 0x88, 0xe8]);
    }

    #[test]
    fn a_key_may_be_written_in_many_ways() {
        let published = Keys::parse(GHL_PUBLIC_KEY).unwrap();
        let escaped = GHL_PUBLIC_KEY.replace('\n', "\\n");
        for same in [SPKI, RAW, &escaped, &GHL_PUBLIC_KEY.replace('\n', " ")] {
            assert_eq!(Keys::parse(same).unwrap(), published, "{same}");
        }
    }

    #[test]
    fn several_keys_are_accepted_at_a_time() {
        for (list, count) in [
            (format!("{SPKI},{RAW}"), 2),
            (format!("{SPKI}\n{RAW}\n"), 2),
            (format!("{GHL_PUBLIC_KEY}{GHL_PUBLIC_KEY},\n{RAW}"), 3),
        ] {
            assert_eq!(Keys::parse(&list).unwrap().0.len(), count, "{list}");
        }
    }

    #[test]
    fn an_error_names_the_key() {
        let rsa = STANDARD.encode([0x30; 294]);
        for (list, error) in [
            (String::new(), InvalidKeys::Empty),
            (" ,\n".to_owned(), InvalidKeys::Empty),
            (format!("{SPKI},nonsense"), InvalidKeys::NotAKey(2)),
            (format!("{RAW}\n{SPKI}\n{rsa}"), InvalidKeys::NotAKey(3)),
            (RAW[..40].to_owned(), InvalidKeys::NotAKey(1)),
        ] {
            assert_eq!(Keys::parse(&list), Err(error), "{list}");
        }
    }
}
