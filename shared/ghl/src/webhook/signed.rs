//! Authenticity as a type.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Keys, LegacyKey};

/// A body that GoHighLevel signed. There is no other way to come by one.
#[derive(Clone, Copy)]
pub struct Signed<'a>(&'a [u8]);

/// The body does not carry the signature GoHighLevel would have given it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("not signed at all")]
    Unsigned,
    #[error("not signed by GoHighLevel")]
    WrongSignature,
}

impl<'a> Signed<'a> {
    /// Checks a body, exactly as it arrived, against its header `X-GHL-Signature`.
    pub fn authenticate(keys: &Keys, body: &'a [u8], header: Option<&str>) -> Result<Self, Forged> {
        let claimed = claimed(header).ok_or(Forged::Unsigned)?;
        Self::check(body, claimed, |signature| keys.have_signed(body, signature))
    }

    /// Checks an event, which may be signed in the old way as long as that is switched on: by the
    /// header `X-WH-Signature`. It is looked at only where `X-GHL-Signature` says nothing.
    pub fn authenticate_event(
        keys: &Keys,
        legacy: Option<&LegacyKey>,
        body: &'a [u8],
        ghl_header: Option<&str>,
        wh_header: Option<&str>,
    ) -> Result<Self, Forged> {
        match (claimed(ghl_header), legacy, claimed(wh_header)) {
            (None, Some(key), Some(claimed)) => {
                Self::check(body, claimed, |signature| key.has_signed(body, signature))
            }
            _ => Self::authenticate(keys, body, ghl_header),
        }
    }

    fn check(
        body: &'a [u8],
        claimed: &str,
        has_signed: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, Forged> {
        let signature = STANDARD.decode(claimed).map_err(|_| Forged::WrongSignature)?;
        if has_signed(&signature) { Ok(Self(body)) } else { Err(Forged::WrongSignature) }
    }

    pub fn body(&self) -> &'a [u8] {
        self.0
    }

    #[cfg(test)]
    pub(super) fn unchecked(body: &'a [u8]) -> Self {
        Self(body)
    }
}

/// What a header says, unless it says that there is nothing to say.
fn claimed(header: Option<&str>) -> Option<&str> {
    header.map(str::trim).filter(|it| !matches!(*it, "" | "N/A"))
}

/// The body is somebody's text.
impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use proptest::prelude::*;

    use super::*;
    use crate::webhook::{GHL_PUBLIC_KEY, legacy::testing::LegacyPair};

    fn pair(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    fn keys(pairs: &[&Ed25519KeyPair]) -> Keys {
        let list: Vec<_> = pairs.iter().map(|it| STANDARD.encode(it.public_key())).collect();
        Keys::parse(&list.join(",")).unwrap()
    }

    fn sign(pair: &Ed25519KeyPair, body: &[u8]) -> String {
        STANDARD.encode(pair.sign(body))
    }

    #[test]
    fn what_was_signed_is_accepted_whichever_key_signed_it() {
        let (old, new) = (pair(1), pair(2));
        let keys = keys(&[&old, &new]);

        for signer in [&old, &new] {
            let signature = sign(signer, b"{}");
            let signed = Signed::authenticate(&keys, b"{}", Some(&signature)).unwrap();
            assert_eq!(signed.body(), b"{}");
        }
    }

    #[test]
    fn a_body_that_was_tampered_with_is_refused() {
        let pair = pair(1);
        let signature = sign(&pair, br#"{"message":"hello"}"#);

        let tampered = br#"{"message":"hullo"}"#;
        assert_eq!(
            Signed::authenticate(&keys(&[&pair]), tampered, Some(&signature)).unwrap_err(),
            Forged::WrongSignature
        );
    }

    #[test]
    fn a_missing_signature_is_told_from_a_wrong_one() {
        let keys = keys(&[&pair(1)]);
        for missing in [None, Some("N/A"), Some(""), Some(" ")] {
            let refused = Signed::authenticate(&keys, b"{}", missing).unwrap_err();
            assert_eq!(refused, Forged::Unsigned, "{missing:?}");
        }
        for wrong in ["n/a", "AAAA", "not base64!"] {
            let refused = Signed::authenticate(&keys, b"{}", Some(wrong)).unwrap_err();
            assert_eq!(refused, Forged::WrongSignature, "{wrong}");
        }
    }

    #[test]
    fn the_published_key_refuses_a_signature_that_is_not_its_own() {
        let published = Keys::parse(GHL_PUBLIC_KEY).unwrap();
        let signature = sign(&pair(1), b"{}");
        assert_eq!(
            Signed::authenticate(&published, b"{}", Some(&signature)).unwrap_err(),
            Forged::WrongSignature
        );
    }

    #[test]
    fn the_old_signature_counts_if_it_is_switched_on_and_there_is_no_new_one() {
        let (new, old) = (pair(1), LegacyPair::generate());
        let keys = keys(&[&new]);
        let (by_new, by_old) = (sign(&new, b"{}"), old.sign(b"{}"));
        let check = |legacy: Option<&LegacyKey>, ghl: Option<&str>, wh: Option<&str>| {
            Signed::authenticate_event(&keys, legacy, b"{}", ghl, wh).map(drop)
        };
        let (on, off) = (Some(&old.key), None);
        let (by_new, by_old) = (Some(by_new.as_str()), Some(by_old.as_str()));
        let wrong = Some("AAAA");

        for (legacy, ghl, wh, checked) in [
            (off, by_new, None, Ok(())),
            (on, by_new, wrong, Ok(())),
            (on, None, by_old, Ok(())),
            (on, Some("N/A"), by_old, Ok(())),
            (off, None, by_old, Err(Forged::Unsigned)),
            (on, wrong, by_old, Err(Forged::WrongSignature)),
            (on, by_old, None, Err(Forged::WrongSignature)),
            (on, None, by_new, Err(Forged::WrongSignature)),
            (on, None, wrong, Err(Forged::WrongSignature)),
            (on, Some(""), Some("N/A"), Err(Forged::Unsigned)),
            (on, None, None, Err(Forged::Unsigned)),
        ] {
            assert_eq!(check(legacy, ghl, wh), checked, "{ghl:?} {wh:?}");
        }
    }

    #[test]
    fn the_old_signature_covers_the_whole_body() {
        let old = LegacyPair::generate();
        let refused = Signed::authenticate_event(
            &keys(&[&pair(1)]),
            Some(&old.key),
            b"{ }",
            None,
            Some(&old.sign(b"{}")),
        );
        assert_eq!(refused.unwrap_err(), Forged::WrongSignature);
    }

    #[test]
    fn debug_hides_the_body() {
        assert_eq!(format!("{:?}", Signed::unchecked(b"secret")), "Signed(6 bytes)");
    }

    proptest! {
        #[test]
        fn no_header_and_no_body_can_break_the_check(body: Vec<u8>, header in "\\PC*") {
            let published = Keys::parse(GHL_PUBLIC_KEY).unwrap();
            prop_assert!(Signed::authenticate(&published, &body, Some(&header)).is_err());
        }
    }
}
