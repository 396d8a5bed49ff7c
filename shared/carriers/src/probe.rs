//! Trying a connection: a call that changes nothing and that only the right credentials get an answer
//! to.

use domain::integration::{Fault, FaultCode};
use egress::{Answer, CallError};

use crate::{AddressOwner, Callers, Channel, aloware, outcome, telnyx, texting, twilio};

impl Channel {
    /// Whether the carrier takes these credentials.
    pub async fn probe(&self, callers: &Callers) -> Result<(), Fault> {
        let http = callers.to(AddressOwner::Operator);
        match self {
            Self::Twilio(account) => account.probe(http).await,
            Self::Telnyx(account) => account.probe(http).await,
            Self::Texting(account) => account.probe(callers.to(account.address_owner)).await,
            Self::Aloware(account) => account.probe(http).await,
        }
    }
}

impl twilio::Account {
    /// Reads the account: <https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource>.
    async fn probe(&self, http: &egress::Client) -> Result<(), Fault> {
        let file = format!("{}.json", self.account_sid);
        let url = address(&self.base_url, &["2010-04-01", "Accounts", &file])?;
        let user = self.api_user.as_deref().unwrap_or(&self.account_sid);
        verdict(http.get(url).basic(user, &self.api_secret).send().await)
    }
}

impl telnyx::Account {
    /// Reads the messaging profile that is named, or a page of them:
    /// <https://developers.telnyx.com/api/messaging/list-messaging-profiles>.
    async fn probe(&self, http: &egress::Client) -> Result<(), Fault> {
        let mut path = vec!["v2", "messaging_profiles"];
        path.extend(self.messaging_profile_id.as_deref());
        let call = http.get(address(&self.base_url, &path)?).bearer(&self.api_key);
        let call = match self.messaging_profile_id {
            Some(_) => call,
            None => call.query(&[("page[size]", "1")]),
        };
        verdict(call.send().await)
    }
}

impl texting::Account {
    /// Looks for a message that does not exist, which TP/1 answers with an empty list.
    async fn probe(&self, http: &egress::Client) -> Result<(), Fault> {
        let url = address(&self.base_url, &["v1", "messages"])?;
        let query = [("correlationId", "duplex-connection-test")];
        verdict(http.get(url).bearer(&self.api_key).query(&query).send().await)
    }
}

impl aloware::Account {
    /// Asks for the users of the account, which changes nothing.
    async fn probe(&self, http: &egress::Client) -> Result<(), Fault> {
        use aloware::Error;
        self.users(http).await.map_err(|error| {
            let code = match error {
                Error::Misconfigured(401 | 403) => FaultCode::InvalidCredentials,
                Error::NoAddress | Error::Misconfigured(_) | Error::Refused(_) => {
                    FaultCode::ConfigSchemaInvalid
                }
                Error::Unavailable { status: 429, .. } => FaultCode::RateLimitExceeded,
                Error::Unavailable { .. } | Error::Unanswered(_) => FaultCode::ConnectionFailed,
            };
            fault(code, error.to_string())
        })
    }
}

fn address(base: &str, path: &[&str]) -> Result<url::Url, Fault> {
    outcome::endpoint(base, path)
        .map_err(|_| fault(FaultCode::ConfigSchemaInvalid, "the provider's address is not one"))
}

/// What an answer to a trial says of the connection.
fn verdict(answer: Result<Answer, CallError>) -> Result<(), Fault> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(e @ CallError::NotAllowed(_)) => {
            return Err(fault(FaultCode::ConfigSchemaInvalid, e.to_string()));
        }
        Err(e) => return Err(fault(FaultCode::ConnectionFailed, e.to_string())),
    };
    let status = answer.status();
    match status {
        200..=299 => Ok(()),
        401 | 403 => {
            let why = format!("the provider answered {status}: it does not take these credentials");
            Err(fault(FaultCode::InvalidCredentials, why))
        }
        429 => {
            let why = "the provider answered 429: it wants to be left alone for a while";
            Err(fault(FaultCode::RateLimitExceeded, why))
        }
        400 | 404 | 422 => {
            let why =
                format!("the provider answered {status}: it does not know what is named here");
            Err(fault(FaultCode::ConfigSchemaInvalid, why))
        }
        _ => Err(fault(FaultCode::ConnectionFailed, format!("the provider answered {status}"))),
    }
}

fn fault(code: FaultCode, why: impl Into<String>) -> Fault {
    Fault { code, why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Carrier, Says, callers};

    fn texting(base_url: &str) -> Channel {
        Channel::Texting(texting::Account {
            base_url: base_url.to_owned(),
            address_owner: AddressOwner::Operator,
            api_key: "key".into(),
        })
    }

    #[tokio::test]
    async fn every_answer_says_something_of_the_connection() {
        for (status, expected) in [
            (200, None),
            (401, Some(FaultCode::InvalidCredentials)),
            (403, Some(FaultCode::InvalidCredentials)),
            (404, Some(FaultCode::ConfigSchemaInvalid)),
            (429, Some(FaultCode::RateLimitExceeded)),
            (302, Some(FaultCode::ConnectionFailed)),
            (503, Some(FaultCode::ConnectionFailed)),
        ] {
            let carrier = Carrier::that_says(Says::This(status, &[], "{}")).await;
            let found = texting(&carrier.base_url).probe(&callers()).await;
            assert_eq!(found.err().map(|it| it.code), expected, "{status}");
        }
    }

    #[tokio::test]
    async fn a_provider_that_is_gone_is_a_failed_connection() {
        let found = texting(&Carrier::that_is_gone().await).probe(&callers()).await;
        assert_eq!(found.map_err(|it| it.code), Err(FaultCode::ConnectionFailed));
    }

    #[tokio::test]
    async fn twilio_is_asked_for_the_account_in_the_name_that_sends() {
        let carrier = Carrier::that_says(Says::This(200, &[], "{}")).await;
        let account = twilio::Account {
            base_url: carrier.base_url.clone(),
            account_sid: "AC1".to_owned(),
            api_user: Some("SK1".to_owned()),
            api_secret: "s".into(),
            messaging_service_sid: None,
            smart_encoded: false,
        };
        Channel::Twilio(account).probe(&callers()).await.unwrap();
        let call = carrier.call();
        assert_eq!(call.path, "/2010-04-01/Accounts/AC1.json");
        assert_eq!(call.header("authorization"), "Basic U0sxOnM=");
    }
}
