//! What a tenant's workflow posts. GoHighLevel does not sign that, so the tenant's own secret does:
//! the header `x-webhook-signature` has the HMAC-SHA256 of the body, in hex or base64.
//!
//! **Invariant:** nothing is read that is not signed. [`Verified`] can be had by checking a
//! signature only.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

use super::Forged;

/// What a tenant's workflows sign with: one secret, or two during a rotation.
#[derive(Clone, Debug, Default)]
pub struct WorkflowSecrets(Vec<SecretString>);

/// A body that a tenant's workflow signed. There is no other way to come by one.
#[derive(Clone, Copy)]
pub struct Verified<'a>(&'a [u8]);

impl WorkflowSecrets {
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        // Everybody knows an empty secret.
        Self(secrets.into_iter().filter(|it| !it.expose_secret().is_empty()).collect())
    }

    /// Whether nothing can be verified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn have_signed(&self, body: &[u8], tag: &[u8]) -> bool {
        self.0.iter().any(|secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
            hmac::verify(&key, body, tag).is_ok()
        })
    }
}

impl<'a> Verified<'a> {
    /// Checks a body, exactly as it arrived, against its header `x-webhook-signature`.
    pub fn authenticate(
        secrets: &WorkflowSecrets,
        body: &'a [u8],
        header: Option<&str>,
    ) -> Result<Self, Forged> {
        let claimed = header.map(str::trim).filter(|it| !it.is_empty()).ok_or(Forged::Unsigned)?;
        let claimed = claimed.strip_prefix("sha256=").unwrap_or(claimed);
        let tag = hex::decode(claimed)
            .or_else(|_| STANDARD.decode(claimed))
            .map_err(|_| Forged::WrongSignature)?;
        if secrets.have_signed(body, &tag) { Ok(Self(body)) } else { Err(Forged::WrongSignature) }
    }

    pub fn body(&self) -> &'a [u8] {
        self.0
    }
}

/// The body is about somebody.
impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"locationId":"l"}"#;

    fn secrets() -> WorkflowSecrets {
        WorkflowSecrets::new(["old secret", "new secret", ""].map(SecretString::from))
    }

    fn tag(secret: &str, body: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::sign(&key, body).as_ref().to_vec()
    }

    fn check(header: Option<&str>) -> Result<(), Forged> {
        Verified::authenticate(&secrets(), BODY, header).map(|it| assert_eq!(it.body(), BODY))
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_the_one_everybody_computes() {
        let tag = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let secrets = WorkflowSecrets::new(["Jefe".into()]);
        let body = b"what do ya want for nothing?";
        assert!(Verified::authenticate(&secrets, body, Some(tag)).is_ok());
    }

    #[test]
    fn either_secret_serves_during_a_rotation_however_the_signature_is_written() {
        for secret in ["old secret", "new secret"] {
            let tag = tag(secret, BODY);
            let (hex, base64) = (hex::encode(&tag), STANDARD.encode(&tag));
            for written in [
                hex.clone(),
                hex.to_uppercase(),
                base64.clone(),
                format!("sha256={hex}"),
                format!(" sha256={base64} "),
            ] {
                assert_eq!(check(Some(&written)), Ok(()), "{written}");
            }
        }
    }

    #[test]
    fn what_nobody_signed_is_refused() {
        for missing in [None, Some(""), Some(" ")] {
            assert_eq!(check(missing), Err(Forged::Unsigned), "{missing:?}");
        }
        let stranger = hex::encode(tag("another secret", BODY));
        let another_body = hex::encode(tag("old secret", b"{}"));
        let everybody = hex::encode(tag("", BODY));
        let cut = &hex::encode(tag("old secret", BODY))[..62];
        for wrong in ["sha256=", "00", "no", &stranger, &another_body, &everybody, cut] {
            assert_eq!(check(Some(wrong)), Err(Forged::WrongSignature), "{wrong}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_verified() {
        let none = WorkflowSecrets::new(["".into()]);
        assert!(none.is_empty());
        let header = hex::encode(tag("", BODY));
        assert!(Verified::authenticate(&none, BODY, Some(&header)).is_err());
    }

    #[test]
    fn debug_hides_body_and_secrets() {
        assert_eq!(format!("{:?}", Verified(b"secret")), "Verified(6 bytes)");
        assert!(!format!("{:?}", secrets()).contains("old secret"));
    }

    proptest! {
        #[test]
        fn no_header_and_no_body_can_break_the_check(body: Vec<u8>, header in "\\PC*") {
            prop_assert!(Verified::authenticate(&secrets(), &body, Some(&header)).is_err());
        }
    }
}
