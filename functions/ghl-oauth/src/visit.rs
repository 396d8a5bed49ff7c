//! That whoever comes back from GoHighLevel is the one who read for whom it is.
//!
//! A link and the `state` that comes back are the same, so whoever has a link could send somebody to
//! GoHighLevel around our own page, and have their location. The page leaves a mark in the browser
//! (RFC 9700, 2.1), without which a `state` is not taken. Nobody can be made to read it.

use app::LinkError;
use aws::logs::Chain;
use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambda_http::{
    Body, Request, Response,
    http::{HeaderValue, header},
};
use tracing::error;

use crate::pages;

const NAME: &str = "duplex_link";

/// Has the browser bring the mark back for as long as the link is good.
pub(crate) fn mark(mut page: Response<Body>, link: &str, is_https: bool) -> Response<Body> {
    let lives = app::LINK_LIVES.as_secs();
    let secure = if is_https { "; Secure" } else { "" };
    let cookie = format!(
        "{NAME}={}; Path=/oauth/crm; Max-Age={lives}; HttpOnly; SameSite=Lax{secure}",
        digest_of(link)
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        page.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    page
}

/// Whether this browser was shown the page of the link.
pub(crate) fn is_marked(request: &Request, link: &str) -> bool {
    let wanted = digest_of(link);
    let headers = request.headers().get_all(header::COOKIE).iter();
    headers
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().strip_prefix(NAME)?.strip_prefix('='))
        .any(|it| constant_time::verify_slices_are_equal(it.as_bytes(), wanted.as_bytes()).is_ok())
}

/// What is said of a link that cannot be used.
pub(crate) fn refused(error: &LinkError) -> Response<Body> {
    match error {
        LinkError::Expired => pages::link_expired(),
        LinkError::Forged => pages::link_unknown(),
        LinkError::Secret(_) => {
            error!(error = %Chain(error), "a link could not be read");
            pages::try_again()
        }
    }
}

fn digest_of(link: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, link.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(cookies: &str) -> bool {
        let request = Request::new(Body::Empty);
        let (mut parts, body) = request.into_parts();
        parts.headers.insert(header::COOKIE, cookies.parse().unwrap());
        is_marked(&Request::from_parts(parts, body), "link")
    }

    #[test]
    fn a_browser_that_was_shown_the_page_says_so() {
        let page = mark(Response::new(Body::Empty), "link", true);
        let cookie = page.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        let (pair, _) = cookie.split_once(';').unwrap();
        assert!(marked(pair));
        assert!(marked(&format!("a=b; {pair}; c=d")));
        let of_another = format!("{NAME}={}", digest_of("another"));
        for other in ["", "duplex_link=", "duplex_link=x", &of_another] {
            assert!(!marked(other), "{other}");
        }
    }
}
