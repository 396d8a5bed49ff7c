//! How Twilio signs. See <https://www.twilio.com/docs/usage/webhooks/webhooks-security>.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

use crate::read::{Forged, sha256};

/// Checks a form. `fields` is empty for a GET, whose parameters are in the address.
pub(super) fn check_form(
    tokens: &[SecretString],
    url: &str,
    fields: &[(String, String)],
    claimed: &str,
) -> Result<(), Forged> {
    check(tokens, url, &appendix(fields), claimed)
}

/// Checks a body that is no form: its hash stands in the address, and the address is signed.
pub(super) fn check_body(
    tokens: &[SecretString],
    url: &str,
    body: &[u8],
    claimed: &str,
) -> Result<(), Forged> {
    let stated = form_urlencoded::parse(query(url).as_bytes())
        .find(|(name, _)| name == "bodySHA256")
        .ok_or(Forged)?;
    verify_slices_are_equal(stated.1.as_bytes(), sha256(body).as_bytes()).map_err(|_| Forged)?;
    check(tokens, url, "", claimed)
}

/// What stands behind the `?` of an address.
pub(super) fn query(url: &str) -> &str {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    url.split_once('?').map_or("", |(_, query)| query)
}

fn check(tokens: &[SecretString], url: &str, appendix: &str, claimed: &str) -> Result<(), Forged> {
    let claimed = STANDARD.decode(claimed).map_err(|_| Forged)?;
    let variants = variants(url);
    // Everybody can sign with an empty token.
    let mut tokens = tokens.iter().map(ExposeSecret::expose_secret).filter(|it| !it.is_empty());
    let is_signed = tokens.any(|token| {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        let signs = |url: &String| {
            hmac::verify(&key, format!("{url}{appendix}").as_bytes(), &claimed).is_ok()
        };
        variants.iter().any(signs)
    });
    if is_signed { Ok(()) } else { Err(Forged) }
}

/// The fields as they are appended to the address: sorted by name, and a name that comes several
/// times with each of its values once, sorted.
fn appendix(fields: &[(String, String)]) -> String {
    let mut sorted = BTreeMap::<&str, BTreeSet<&str>>::new();
    for (name, value) in fields {
        sorted.entry(name).or_default().insert(value);
    }
    let mut appendix = String::new();
    for (name, values) in sorted {
        for value in values {
            appendix.push_str(name);
            appendix.push_str(value);
        }
    }
    appendix
}

/// The address without its port and with it: Twilio signs now the one, now the other.
fn variants(url: &str) -> [String; 2] {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let Some((scheme, rest)) = url.split_once("://") else {
        return [url.to_owned(), url.to_owned()];
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => {
            [format!("{scheme}://{host}{path}"), url.to_owned()]
        }
        _ => {
            let port = if scheme == "http" { 80 } else { 443 };
            [url.to_owned(), format!("{scheme}://{authority}:{port}{path}")]
        }
    }
}

#[cfg(test)]
pub(super) fn sign(token: &str, url: &str, fields: &[(String, String)]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{url}{}", appendix(fields)).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const TOKEN: &str = "12345";

    fn fields(form: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(form.as_bytes()).into_owned().collect()
    }

    fn documented() -> Vec<(String, String)> {
        fields(
            "Digits=1234&CallSid=CA1234567890ABCDE&To=%2B18005551212\
             &Caller=%2B14158675309&From=%2B14158675309",
        )
    }

    fn check_with(tokens: &[&str], url: &str, claimed: &str) -> Result<(), Forged> {
        let tokens: Vec<_> = tokens.iter().map(|&it| it.into()).collect();
        check_form(&tokens, url, &documented(), claimed)
    }

    #[test]
    fn the_documented_example_verifies() {
        assert_eq!(check_with(&[TOKEN], URL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="), Ok(()));
    }

    #[test]
    fn the_documented_body_verifies_and_no_other() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=\
                   0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        let check =
            |body: &str, signature| check_body(&[TOKEN.into()], url, body.as_bytes(), signature);
        let body = r#"{"property": "value", "boolean": true}"#;
        assert_eq!(check(body, "a9nBmqA0ju/hNViExpshrM61xv4="), Ok(()));
        assert_eq!(check("{}", "a9nBmqA0ju/hNViExpshrM61xv4="), Err(Forged));
        assert_eq!(check_body(&[TOKEN.into()], URL, b"", &sign(TOKEN, URL, &[])), Err(Forged));
    }

    #[test]
    fn the_port_may_be_signed_or_not() {
        let with_port = URL.replace(".com", ".com:443");
        for signed in [URL, &with_port] {
            let signature = sign(TOKEN, signed, &documented());
            assert_eq!(check_with(&[TOKEN], URL, &signature), Ok(()), "{signed}");
            assert_eq!(check_with(&[TOKEN], &with_port, &signature), Ok(()), "{signed}");
        }
        let cases = [
            ("http://a.test/x?y=b:1", ["http://a.test/x?y=b:1", "http://a.test:80/x?y=b:1"]),
            ("https://a.test:8443/x", ["https://a.test/x", "https://a.test:8443/x"]),
            ("https://[::1]/x", ["https://[::1]/x", "https://[::1]:443/x"]),
            ("https://a.test?x#y", ["https://a.test?x", "https://a.test:443?x"]),
            ("nonsense", ["nonsense", "nonsense"]),
        ];
        for (url, expected) in cases {
            assert_eq!(variants(url), expected, "{url}");
        }
    }

    #[test]
    fn either_token_signs_during_a_rotation() {
        let signature = sign("new", URL, &documented());
        assert_eq!(check_with(&["old", "new"], URL, &signature), Ok(()));
        assert_eq!(check_with(&["old"], URL, &signature), Err(Forged));
    }

    #[test]
    fn an_account_without_a_token_verifies_nothing() {
        let signature = sign("", URL, &documented());
        assert_eq!(check_with(&[""], URL, &signature), Err(Forged));
        assert_eq!(check_with(&[], URL, &signature), Err(Forged));
    }

    #[test]
    fn a_repeated_name_counts_once_per_value_in_order() {
        assert_eq!(appendix(&fields("b=2&a=3&a=1&a=3&B=&_=x")), "B_xa1a3b2");
    }

    #[test]
    fn any_change_is_noticed() {
        let signature = sign(TOKEN, URL, &documented());
        let elsewhere = URL.replace("foo=1", "foo=2");
        assert_eq!(check_with(&[TOKEN], &elsewhere, &signature), Err(Forged));
        for bad in ["", "not base64!", &signature.to_lowercase(), &signature[..20]] {
            assert_eq!(check_with(&[TOKEN], URL, bad), Err(Forged), "{bad}");
        }
    }
}
