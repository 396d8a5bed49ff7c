//! How Telnyx signs: Ed25519 over `timestamp|body`.
//! See <https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks>.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::Verifier;
use crate::read::{Forged, is_recent};

pub(super) fn check(
    verifier: &Verifier,
    body: &[u8],
    signature: &str,
    timestamp: &str,
    now: Timestamp,
) -> Result<(), Forged> {
    if !is_recent(timestamp, now) {
        return Err(Forged);
    }
    let signature = STANDARD.decode(signature).map_err(|_| Forged)?;
    let signed = [timestamp.as_bytes(), b"|", body].concat();
    let is_signed = verifier
        .public_keys
        .iter()
        .filter_map(|key| STANDARD.decode(key).ok())
        .any(|key| UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature).is_ok());
    if is_signed { Ok(()) } else { Err(Forged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOON, TelnyxKey};

    const BODY: &[u8] = br#"{"data":{}}"#;

    fn check_with(key: &str, body: &[u8], signature: &str, timestamp: &str) -> Result<(), Forged> {
        let verifier = Verifier { public_keys: vec!["not a key".to_owned(), key.to_owned()] };
        check(&verifier, body, signature, timestamp, NOON)
    }

    #[test]
    fn what_telnyx_signed_verifies_within_five_minutes_of_either_side() {
        let key = TelnyxKey::generate();
        for (late, expected) in
            [(0, Ok(())), (300, Ok(())), (-300, Ok(())), (301, Err(Forged)), (-301, Err(Forged))]
        {
            let timestamp = (NOON.as_second() - late).to_string();
            let signature = key.sign(&timestamp, BODY);
            let checked = check_with(&key.public(), BODY, &signature, &timestamp);
            assert_eq!(checked, expected, "{late} seconds late");
        }
    }

    #[test]
    fn any_change_is_noticed() {
        let key = TelnyxKey::generate();
        let now = NOON.as_second().to_string();
        let signature = key.sign(&now, BODY);
        let forged = |body, signature: &str, timestamp: &str| {
            assert_eq!(check_with(&key.public(), body, signature, timestamp), Err(Forged));
        };
        forged(br#"{"data":{ }}"#, &signature, &now);
        forged(BODY, &signature, &(NOON.as_second() + 1).to_string());
        forged(BODY, &signature, &format!("+{now}"));
        forged(BODY, &signature, &format!("{now} "));
        forged(BODY, &signature, "");
        forged(BODY, &signature, "99999999999999999999");
        forged(BODY, signature.trim_end_matches('='), &now);
        forged(BODY, "", &now);
        forged(BODY, &key.sign(&now, b"other"), &now);
    }

    #[test]
    fn a_stranger_cannot_sign() {
        let stranger = TelnyxKey::generate();
        let now = NOON.as_second().to_string();
        let signature = stranger.sign(&now, BODY);
        let checked = check_with(&TelnyxKey::generate().public(), BODY, &signature, &now);
        assert_eq!(checked, Err(Forged));
    }

    #[test]
    fn an_account_without_a_key_verifies_nothing() {
        let key = TelnyxKey::generate();
        let now = NOON.as_second().to_string();
        let nobody = Verifier { public_keys: Vec::new() };
        let checked = check(&nobody, BODY, &key.sign(&now, BODY), &now, NOON);
        assert_eq!(checked, Err(Forged));
    }
}
