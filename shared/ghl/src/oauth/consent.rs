//! Where a person is sent to allow what the app wants to do.

use url::Url;

use super::App;

/// The address is not that of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the consent page has no address that a browser could open")]
pub struct NoConsentPage;

/// The page on which a person chooses what to connect. `state` comes back if this link is the one
/// they follow; those who start in the marketplace bring none.
///
/// What the base asks for besides is kept: an app that is a draft is found by its `version_id` only.
pub fn consent_url(
    consent_base: &str,
    app: &App,
    scopes: &[&str],
    state: Option<&str>,
) -> Result<Url, NoConsentPage> {
    let mut url = Url::parse(consent_base).map_err(|_| NoConsentPage)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(NoConsentPage);
    }
    url.path_segments_mut().map_err(|()| NoConsentPage)?.pop_if_empty().extend([
        "v2",
        "oauth",
        "chooselocation",
    ]);
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", &app.redirect_uri)
        .append_pair("client_id", &app.client_id)
        .append_pair("scope", &scopes.join(" "));
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    drop(query);
    // Forms write a space as `+`, which not everybody reads as one.
    let unambiguous = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(unambiguous.as_deref());
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> App {
        App {
            base_url: "https://services.example".to_owned(),
            client_id: "0123456789abcdef01234567-abcd1234".to_owned(),
            client_secret: "secret".into(),
            redirect_uri: "https://duplex.example/oauth/crm/callback".to_owned(),
        }
    }

    #[test]
    fn the_page_is_told_who_asks_for_what() {
        let scopes = ["contacts.readonly", "conversations/message.write"];
        let url = consent_url("https://marketplace.example", &app(), &scopes, Some("a+b")).unwrap();
        assert_eq!(
            url.as_str(),
            "https://marketplace.example/v2/oauth/chooselocation?response_type=code\
             &redirect_uri=https%3A%2F%2Fduplex.example%2Foauth%2Fcrm%2Fcallback\
             &client_id=0123456789abcdef01234567-abcd1234\
             &scope=contacts.readonly%20conversations%2Fmessage.write&state=a%2Bb"
        );
    }

    #[test]
    fn what_the_base_asks_for_is_kept() {
        let base = "http://127.0.0.1:4000/?version_id=66a0";
        let url = consent_url(base, &app(), &[], None).unwrap();
        assert_eq!(url.path(), "/v2/oauth/chooselocation");
        assert!(url.query_pairs().any(|it| it == ("version_id".into(), "66a0".into())));
        assert!(!url.query_pairs().any(|(name, _)| name == "state"));
    }

    #[test]
    fn only_a_browsers_address_will_do() {
        for bad in ["", "marketplace.example", "javascript:alert(1)", "mailto:a@b.example"] {
            assert_eq!(consent_url(bad, &app(), &[], None), Err(NoConsentPage), "{bad}");
        }
    }

    #[test]
    fn an_app_is_known_by_the_first_part_of_its_client_id() {
        assert_eq!(app().app_id(), "0123456789abcdef01234567");
        assert_eq!(App { client_id: "plain".to_owned(), ..app() }.app_id(), "plain");
    }
}
