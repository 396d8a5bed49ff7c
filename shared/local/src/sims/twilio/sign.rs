//! `X-Twilio-Signature`.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Signs the URL, followed by the names and values of the form in the order of their names.
///
/// A name that comes several times counts once per different value.
pub(super) fn sign(auth_token: &str, url: &str, form: &[(String, String)]) -> String {
    let mut signed = url.to_owned();
    for (name, value) in form.iter().collect::<BTreeSet<_>>() {
        signed.push_str(name);
        signed.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes());
    STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Twilio's documentation.
    #[test]
    fn the_documented_example_has_its_documented_signature() {
        let form = [
            ("To", "+18005551212"),
            ("Digits", "1234"),
            ("Caller", "+14158675309"),
            ("From", "+14158675309"),
            ("CallSid", "CA1234567890ABCDE"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));

        let signature = sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &form);

        assert_eq!(signature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }
}
