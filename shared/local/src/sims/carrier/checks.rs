//! What every carrier demands of numbers and addresses.

use url::Url;

/// `+` and 8 to 15 digits, not starting with zero.
pub fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|it| it.is_ascii_digit())
    })
}

/// A whole `http` or `https` URL with a host that DNS would take: no underscores.
pub fn is_absolute_url(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.contains('_'))
    })
}

/// The token of an `Authorization` header of this scheme.
pub fn authorization<'a>(headers: &'a axum::http::HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, token) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_and_addresses_pass() {
        assert!(is_e164("+12125550123"));
        assert!(!is_e164("2125550123") && !is_e164("+0123456789") && !is_e164("+1212555012x"));
        assert!(is_absolute_url("https://example.com/a?b=c"));
        assert!(!is_absolute_url("/a") && !is_absolute_url("https://a_b.example.com/"));
    }
}
