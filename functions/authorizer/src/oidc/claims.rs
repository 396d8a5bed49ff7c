//! What a token says, once it is known who says it.

use domain::access::{NotACaller, Standing};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// How far the issuer's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// The claims of a token that its issuer signed.
#[derive(Debug)]
pub(crate) struct Claims(Map<String, Value>);

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("it cannot be read")]
    Unreadable,
    #[error("it does not say which key signed it")]
    NoKeyId,
    #[error("the issuer has no such key")]
    UnknownKey,
    #[error("the key did not sign it")]
    BadSignature,
    #[error("it is another issuer's")]
    WrongIssuer,
    #[error("it is for another audience")]
    WrongAudience,
    #[error("it does not say until when it is good")]
    NoExpiry,
    #[error("it has expired")]
    Expired,
    #[error("it is not good yet")]
    NotYet,
    #[error("it does not say whom it is about")]
    NoSubject,
    #[error("it gives them no standing here")]
    NoStanding(#[source] NotACaller),
}

impl Claims {
    pub(crate) fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The time that a claim gives, if there is the claim. Seconds may have a fraction.
    fn time(&self, name: &str) -> Option<Result<Timestamp, TokenRefusal>> {
        let seconds = self.0.get(name)?.as_f64().ok_or(TokenRefusal::Unreadable);
        let time = seconds.and_then(|seconds| {
            let since = SignedDuration::try_from_secs_f64(seconds);
            since.and_then(Timestamp::from_duration).map_err(|_| TokenRefusal::Unreadable)
        });
        Some(time)
    }

    pub(crate) fn expect_issuer(&self, issuer: &str) -> Result<(), TokenRefusal> {
        if self.text("iss") == Some(issuer) { Ok(()) } else { Err(TokenRefusal::WrongIssuer) }
    }

    /// One audience or a list of them, among which has to be ours.
    pub(crate) fn expect_audience(&self, audience: &str) -> Result<(), TokenRefusal> {
        let is_ours = match self.0.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|it| it == audience),
            Some(one) => one == audience,
            None => false,
        };
        if is_ours { Ok(()) } else { Err(TokenRefusal::WrongAudience) }
    }

    /// Refuses a token before and after its time, and gives the end of it.
    pub(crate) fn expect_in_time(&self, now: Timestamp) -> Result<Timestamp, TokenRefusal> {
        let expires_at = self.time("exp").ok_or(TokenRefusal::NoExpiry)??;
        if expires_at <= now {
            return Err(TokenRefusal::Expired);
        }
        let ahead = now.checked_add(SKEW).unwrap_or(Timestamp::MAX);
        match self.time("nbf").transpose()? {
            Some(good_from) if good_from > ahead => Err(TokenRefusal::NotYet),
            _ => Ok(expires_at),
        }
    }

    /// What the audit trail calls them. It must not break a line there.
    pub(crate) fn subject(&self) -> Result<String, TokenRefusal> {
        let is_fit =
            |it: &&str| (1..=256).contains(&it.len()) && it.bytes().all(|c| c.is_ascii_graphic());
        let subject = self.text("sub").filter(is_fit).ok_or(TokenRefusal::NoSubject)?;
        Ok(format!("oidc:{subject}"))
    }

    pub(crate) fn standing(&self, tenant: &str, role: &str) -> Result<Standing, TokenRefusal> {
        let role = self.text(role).unwrap_or_default();
        // A person who runs the installation may have a tenant of their own, which is no matter.
        let tenant = self.text(tenant).filter(|_| role != Standing::Operator.role_name());
        Standing::named(role, tenant).map_err(TokenRefusal::NoStanding)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn claims(claims: &Value) -> Claims {
        Claims::new(claims.as_object().unwrap().clone())
    }

    fn in_time(exp: &Value, nbf: &Value) -> Result<Timestamp, TokenRefusal> {
        claims(&json!({ "exp": exp, "nbf": nbf })).expect_in_time(NOON)
    }

    #[test]
    fn a_token_is_good_from_its_beginning_to_its_end() {
        let noon = NOON.as_second();
        let end = Timestamp::from_second(noon + 1).unwrap();
        assert_eq!(in_time(&json!(noon + 1), &json!(noon)), Ok(end));
        assert_eq!(in_time(&json!(noon + 1), &json!(noon + 30)), Ok(end), "clocks differ a little");
        assert!(in_time(&json!(1_767_268_800.5), &json!(noon)).is_ok());
        assert_eq!(in_time(&json!(noon), &json!(noon)), Err(TokenRefusal::Expired));
        assert_eq!(in_time(&json!(noon + 99), &json!(noon + 31)), Err(TokenRefusal::NotYet));
        for unreadable in [json!("soon"), json!(1e300), json!(null)] {
            assert_eq!(in_time(&unreadable, &json!(noon)), Err(TokenRefusal::Unreadable));
            assert_eq!(in_time(&json!(noon + 1), &unreadable), Err(TokenRefusal::Unreadable));
        }
        assert_eq!(claims(&json!({})).expect_in_time(NOON), Err(TokenRefusal::NoExpiry));
    }

    #[test]
    fn an_audience_is_one_of_those_that_are_named() {
        for good in [json!("api"), json!(["other", "api"])] {
            assert_eq!(claims(&json!({ "aud": good })).expect_audience("api"), Ok(()));
        }
        for bad in [json!("apis"), json!([]), json!(["other"]), json!({ "api": 1 }), json!(1)] {
            let refused = claims(&json!({ "aud": bad })).expect_audience("api");
            assert_eq!(refused, Err(TokenRefusal::WrongAudience), "{bad}");
        }
        assert!(claims(&json!({})).expect_audience("api").is_err());
    }

    #[test]
    fn a_subject_is_one_word() {
        assert_eq!(claims(&json!({ "sub": "a|1" })).subject(), Ok("oidc:a|1".to_owned()));
        for bad in [json!(""), json!("a b"), json!("a\nb"), json!(1), json!("x".repeat(257))] {
            assert_eq!(claims(&json!({ "sub": bad })).subject(), Err(TokenRefusal::NoSubject));
        }
    }

    #[test]
    fn a_standing_is_an_operators_or_a_role_in_a_tenant() {
        let standing = |said: Value| claims(&said).standing("t", "r");
        assert_eq!(standing(json!({ "r": "operator", "t": "acme" })), Ok(Standing::Operator));
        assert_eq!(
            standing(json!({ "r": "agent", "t": "acme" })),
            Ok(Standing::named("agent", Some("acme")).unwrap())
        );
        for none in [json!({}), json!({ "t": "acme" }), json!({ "r": "agent" })] {
            assert!(matches!(standing(none), Err(TokenRefusal::NoStanding(_))));
        }
        assert!(standing(json!({ "r": "owner", "t": "acme" })).is_err());
        assert!(standing(json!({ "r": "agent", "t": "a#b" })).is_err());
        assert!(standing(json!({ "r": ["operator"] })).is_err());
    }
}
