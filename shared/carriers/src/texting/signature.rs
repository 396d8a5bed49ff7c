//! How a provider of texts proves itself: by the shared secret, or better by a signature made with
//! it, `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." and the body>`.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use jiff::Timestamp;
use secrecy::ExposeSecret;

use super::Verifier;
use crate::read::{Forged, is_recent};

/// A signature that is there must verify, whatever the secret beside it.
pub(super) fn check(
    verifier: &Verifier,
    body: &[u8],
    secret: Option<&str>,
    signature: Option<&str>,
    now: Timestamp,
) -> Result<(), Forged> {
    // Everybody knows an empty secret.
    let secrets = || {
        verifier.secrets.iter().map(ExposeSecret::expose_secret).filter(|known| !known.is_empty())
    };
    let is_genuine = match (signature, secret) {
        (Some(signature), _) => secrets().any(|known| signs(known, body, signature, now)),
        (None, Some(_)) if verifier.require_signature => false,
        (None, Some(claimed)) => secrets().any(|known| is_same(known, claimed)),
        (None, None) => false,
    };
    if is_genuine { Ok(()) } else { Err(Forged) }
}

fn is_same(known: &str, claimed: &str) -> bool {
    verify_slices_are_equal(known.as_bytes(), claimed.as_bytes()).is_ok()
}

fn signs(secret: &str, body: &[u8], signature: &str, now: Timestamp) -> bool {
    let parts = || signature.split(',').filter_map(|part| part.trim().split_once('='));
    let Some((_, time)) = parts().find(|(name, _)| *name == "t") else {
        return false;
    };
    if !is_recent(time, now) {
        return false;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [time.as_bytes(), b".", body].concat();
    parts()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, claimed)| hex::decode(claimed).ok())
        .any(|claimed| hmac::verify(&key, &signed, &claimed).is_ok())
}

#[cfg(test)]
pub(super) fn sign(secret: &str, body: &[u8], at: Timestamp) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = [at.as_second().to_string().as_bytes(), b".", body].concat();
    let tag = hex::encode(hmac::sign(&key, &signed));
    format!("t={},v1={tag}", at.as_second())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::NOON;

    const BODY: &[u8] = b"{}";

    fn verifier(require_signature: bool) -> Verifier {
        let secrets = vec!["old secret".into(), "new secret".into(), "".into()];
        Verifier { secrets, require_signature }
    }

    fn check_with(secret: Option<&str>, signature: Option<&str>) -> Result<(), Forged> {
        check(&verifier(false), BODY, secret, signature, NOON)
    }

    #[test]
    fn either_secret_serves_during_a_rotation() {
        assert_eq!(check_with(Some("old secret"), None), Ok(()));
        assert_eq!(check_with(Some("new secret"), None), Ok(()));
        for wrong in ["", "old secre", "old secret ", "OLD SECRET"] {
            assert_eq!(check_with(Some(wrong), None), Err(Forged), "{wrong}");
        }
        assert_eq!(check_with(None, None), Err(Forged));
    }

    #[test]
    fn a_signature_of_either_secret_verifies_for_five_minutes() {
        for secret in ["old secret", "new secret"] {
            for (late, expected) in [(0, Ok(())), (300, Ok(())), (-300, Ok(())), (301, Err(Forged))]
            {
                let at = NOON - SignedDuration::from_secs(late);
                let signature = sign(secret, BODY, at);
                assert_eq!(check_with(None, Some(&signature)), expected, "{late} seconds late");
            }
        }
    }

    #[test]
    fn a_wrong_signature_is_not_excused_by_the_right_secret() {
        let stranger = sign("another secret", BODY, NOON);
        let other_body = sign("old secret", b"{ }", NOON);
        let empty = sign("", BODY, NOON);
        let bad = ["", "t=,v1=", "v1=00", "t=1767268800", &stranger, &other_body, &empty];
        for signature in bad {
            let checked = check_with(Some("old secret"), Some(signature));
            assert_eq!(checked, Err(Forged), "{signature}");
        }
    }

    #[test]
    fn the_secret_alone_is_not_enough_where_a_signature_is_required() {
        let strict = verifier(true);
        let signature = sign("old secret", BODY, NOON);
        assert_eq!(check(&strict, BODY, Some("old secret"), None, NOON), Err(Forged));
        assert_eq!(check(&strict, BODY, None, Some(&signature), NOON), Ok(()));
    }
}
