//! Contacts: telling Aloware of one, asking whether it has one, and whether it listens to us at all.

use std::fmt;

use domain::phone::PhoneNumber;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::{
    Account,
    call::{Error, done},
};

/// What Aloware may be told of a person. What we do not know is not said, so that nothing that
/// Aloware knows is overwritten with a guess.
#[derive(Clone, Copy, Serialize)]
pub struct NewContact<'a> {
    #[serde(rename = "phone_number")]
    pub phone: &'a PhoneNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<&'a str>,
}

/// Whether Aloware has a contact. What it shows of one is not documented, so nothing of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Contact,
    Nobody,
}

#[derive(Serialize)]
struct Form<'a> {
    api_token: &'a str,
    #[serde(flatten)]
    contact: NewContact<'a>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "error")]
    _error: String,
}

impl<'a> NewContact<'a> {
    /// A person of whom the number is all that is known.
    pub fn new(phone: &'a PhoneNumber) -> Self {
        Self { phone, first_name: None, last_name: None, timezone: None, lead_source: None }
    }
}

/// A name is as personal as a number.
impl fmt::Debug for NewContact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewContact").field("phone", self.phone).finish_non_exhaustive()
    }
}

impl Account {
    /// Adds a contact, or changes the one with this number: `POST {base}/webhook/forms`.
    pub async fn upsert_contact(
        &self,
        http: &egress::Client,
        contact: NewContact<'_>,
    ) -> Result<(), Error> {
        let url = self.operation(&["webhook", "forms"])?;
        let form = Form { api_token: self.api_token.expose_secret(), contact };
        done(http.post(url).json(&form).send().await).map(drop)
    }

    /// `GET {base}/webhook/contact/phone-number`. Nobody is 404 with a word of explanation; without
    /// one, it is the address that is wrong.
    pub async fn find_contact(
        &self,
        http: &egress::Client,
        phone: &PhoneNumber,
    ) -> Result<Found, Error> {
        let url = self.operation(&["webhook", "contact", "phone-number"])?;
        let asked =
            [("api_token", self.api_token.expose_secret()), ("phone_number", phone.as_str())];
        let answer = http.get(url).query(&asked).send().await;
        if let Ok(answer) = &answer
            && answer.status() == 404
            && answer.json::<Problem>().is_ok()
        {
            return Ok(Found::Nobody);
        }
        done(answer).map(|_| Found::Contact)
    }

    /// Whether Aloware takes our token, by asking for its users: `GET {base}/webhook/users`.
    pub async fn users(&self, http: &egress::Client) -> Result<(), Error> {
        let url = self.operation(&["webhook", "users"])?;
        let asked = [("api_token", self.api_token.expose_secret())];
        done(http.get(url).query(&asked).send().await).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Carrier, Says, http};

    fn account(base_url: &str) -> Account {
        Account { base_url: base_url.to_owned(), api_token: "token".into(), line: None }
    }

    fn anna() -> PhoneNumber {
        "+12125550123".parse().unwrap()
    }

    async fn upserted(says: Says) -> Result<(), Error> {
        let carrier = Carrier::that_says(says).await;
        account(&carrier.base_url).upsert_contact(&http(), NewContact::new(&anna())).await
    }

    #[tokio::test]
    async fn a_contact_is_told_with_what_is_known_and_no_more() {
        let carrier = Carrier::that_says(Says::This(200, &[], r#"{"message":"ok"}"#)).await;
        let phone = anna();
        let contact = NewContact { first_name: Some("Anna"), ..NewContact::new(&phone) };
        account(&carrier.base_url).upsert_contact(&http(), contact).await.unwrap();

        let call = carrier.call();
        assert_eq!(call.path, "/webhook/forms");
        assert_eq!(
            serde_json::from_str::<Value>(&call.body).unwrap(),
            json!({ "api_token": "token", "phone_number": "+12125550123", "first_name": "Anna" })
        );
    }

    #[tokio::test]
    async fn whether_it_helps_to_ask_again_is_told_apart() {
        let busy = |error: &Error, seconds: Option<u64>| {
            matches!(error, Error::Unavailable { after, .. }
                if *after == seconds.map(Duration::from_secs))
        };
        for status in [400, 409, 422] {
            let error = upserted(Says::This(status, &[], "")).await.unwrap_err();
            assert!(matches!(error, Error::Refused(it) if it == status), "{error:?}");
        }
        for status in [302, 401, 403, 404] {
            let error = upserted(Says::This(status, &[], "")).await.unwrap_err();
            assert!(matches!(error, Error::Misconfigured(it) if it == status), "{error:?}");
        }
        for status in [408, 429, 500, 503] {
            let error = upserted(Says::This(status, &[], "")).await.unwrap_err();
            assert!(busy(&error, None), "{error:?}");
        }
        let asked = upserted(Says::This(429, &[("retry-after", "7")], "")).await.unwrap_err();
        assert!(busy(&asked, Some(7)), "{asked:?}");
        let silent = upserted(Says::Nothing).await.unwrap_err();
        assert!(matches!(silent, Error::Unanswered(_)), "{silent:?}");
    }

    #[tokio::test]
    async fn nobody_is_not_the_same_as_a_wrong_address() {
        const NOBODY: &str = r#"{"error":"Contact not found."}"#;
        let found = async |status, body| {
            let carrier = Carrier::that_says(Says::This(status, &[], body)).await;
            let found = account(&carrier.base_url).find_contact(&http(), &anna()).await;
            assert_eq!(carrier.call().path, "/webhook/contact/phone-number");
            found
        };
        assert_eq!(found(200, r#"{"id":1}"#).await.unwrap(), Found::Contact);
        assert_eq!(found(404, NOBODY).await.unwrap(), Found::Nobody);
        assert!(matches!(found(404, "<html>").await, Err(Error::Misconfigured(404))));
        assert!(matches!(found(400, NOBODY).await, Err(Error::Refused(400))));
    }

    #[tokio::test]
    async fn asking_for_users_tells_whether_the_token_is_taken() {
        for (status, is_taken) in [(200, true), (204, true), (401, false), (403, false)] {
            let carrier = Carrier::that_says(Says::This(status, &[], "")).await;
            let asked = account(&carrier.base_url).users(&http()).await;
            assert_eq!(carrier.call().path, "/webhook/users");
            assert_eq!(asked.is_ok(), is_taken, "{status}");
        }
    }

    #[tokio::test]
    async fn an_error_shows_neither_the_token_nor_the_number() {
        let gone = account(&Carrier::that_is_gone().await);
        for error in [
            gone.find_contact(&http(), &anna()).await.unwrap_err(),
            gone.users(&http()).await.unwrap_err(),
            account("").users(&http()).await.unwrap_err(),
        ] {
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("token=") && !shown.contains("2125550123"), "{shown}");
        }
    }
}
