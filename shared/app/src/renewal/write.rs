//! Writing down what came of it. An integration whose tokens are lost, or whose location is not
//! active, does not work any more; it works again once there is a new pair.

use aws::{
    Commit, Row, Scope, StoreError, TokenPair, Transaction,
    tokens::{ACCESS_TOKEN, REFRESH_TOKEN},
};
use domain::{
    integration::{Fault, FaultCode, Integration, Status, Tested},
    token::{Happening, Stage},
};
use ghl::oauth::Grant;
use jiff::{SignedDuration, Timestamp};

use super::{Renewal, RenewalError, Renewed, log_renewed};
use crate::installing::{NOT_ALLOWED, not_allowed};

impl Renewal {
    /// A new pair is stored before anybody uses it.
    pub(super) async fn store_pair(
        &self,
        row: Row<TokenPair>,
        grant: Grant,
        now: Timestamp,
    ) -> Result<Renewed, RenewalError> {
        let next = self.sealed(&row.body, &grant, now).await?;
        let renewed = self.write(row, next.clone(), now).await?;
        log_renewed(&next);
        Ok(renewed)
    }

    pub(super) async fn write_down(
        &self,
        row: Row<TokenPair>,
        happening: Happening,
        now: Timestamp,
    ) -> Result<Renewed, RenewalError> {
        let next = row.body.after(happening, now);
        self.write(row, next, now).await
    }

    /// The pair with what was granted in it.
    pub(crate) async fn sealed(
        &self,
        pair: &TokenPair,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<TokenPair, RenewalError> {
        let (scope, vault, holder) = (self.store.of(&pair.tenant), &self.vault, &pair.holder);
        let access = vault.seal(scope, holder, ACCESS_TOKEN, &grant.access_token, now).await?;
        let refresh = match &grant.refresh_token {
            // A location that goes by way of its agency keeps to it.
            Some(token) if pair.refresh.is_some() => {
                Some(vault.seal(scope, holder, REFRESH_TOKEN, token, now).await?)
            }
            _ => pair.refresh.clone(),
        };
        let expires_at = now.checked_add(grant.expires_in).unwrap_or(Timestamp::MAX);
        let next = pair.after(Happening::Renewed { expires_at }, now);
        // What is allowed by now is not missing any more. What an answer leaves out is no news.
        let is_allowed = |it: &String| grant.scopes.contains(it);
        let missing = pair.missing.iter().filter(|it| !is_allowed(it)).cloned().collect();
        Ok(TokenPair { access, refresh, missing, ..next })
    }

    async fn write(
        &self,
        row: Row<TokenPair>,
        next: TokenPair,
        now: Timestamp,
    ) -> Result<Renewed, RenewalError> {
        let scope = self.store.of(&row.body.tenant);
        let transaction = scope.transaction().set_tokens(Some(&row), &next);
        let transaction = with_integration(scope, transaction, &next, now).await?;
        match transaction.commit().await? {
            Commit::Done => Ok(renewed(&next)),
            // Somebody took over, or changed the integration meanwhile. What is stored counts; what
            // we got is the same pair, or can be had again.
            Commit::Refused(_) => Ok(Renewed::Later { due: now + SignedDuration::from_secs(1) }),
        }
    }
}

fn renewed(pair: &TokenPair) -> Renewed {
    match pair.state.stage {
        Stage::Good => Renewed::Done,
        Stage::Refreshing { until, .. } => Renewed::Later { due: until },
        Stage::Suspended { again, .. } => Renewed::Later { due: again },
        Stage::Lost { .. } => Renewed::Lost,
    }
}

/// The integration as the state of its tokens leaves it, in the same transaction.
async fn with_integration<'t>(
    scope: Scope<'t>,
    transaction: Transaction<'t>,
    pair: &TokenPair,
    now: Timestamp,
) -> Result<Transaction<'t>, StoreError> {
    let Some(row) = scope.integration_row(&pair.holder).await? else { return Ok(transaction) };
    Ok(match changed(&row.body, (&pair.state.stage, &pair.missing), now) {
        Some(next) if next.status == Status::Active => {
            transaction.replace_integration(&row, &next).resume(now)
        }
        Some(next) => transaction.replace_integration(&row, &next),
        None => transaction,
    })
}

fn changed(
    integration: &Integration,
    (stage, missing): (&Stage, &[String]),
    now: Timestamp,
) -> Option<Integration> {
    let fault = match stage {
        Stage::Good => not_allowed(missing),
        Stage::Refreshing { .. } => return None,
        Stage::Suspended { .. } => Some(unusable(
            "GoHighLevel says that the location is not active. It is tried again once a day.",
        )),
        Stage::Lost { .. } => Some(unusable(
            "GoHighLevel does not take the tokens any more. Connect the location again.",
        )),
    };
    let faulted = integration.tested.as_ref().and_then(|it| it.fault.as_ref());
    let status = match (integration.status, &fault) {
        (Status::Active | Status::Pending, Some(_)) => Status::Error,
        (Status::Error, None) if faulted.is_some_and(is_of_tokens) => Status::Active,
        (Status::Error, Some(it)) if faulted.is_some_and(is_of_tokens) && faulted != Some(it) => {
            Status::Error
        }
        _ => return None,
    };
    let tested = Some(Tested { at: now, took_ms: 0, fault });
    Some(Integration { status, tested, ..integration.clone() })
}

fn unusable(why: &str) -> Fault {
    Fault { code: FaultCode::InvalidCredentials, why: why.to_owned() }
}

/// Whether tokens that are good for all that is needed mend it. Who tries a connection while they are
/// renewed, or while nobody answers, only hears that; it must not keep the location from its work.
fn is_of_tokens(fault: &Fault) -> bool {
    let is_passing =
        matches!(fault.code, FaultCode::ConnectionFailed | FaultCode::RateLimitExceeded);
    is_passing || fault.code == FaultCode::InvalidCredentials || fault.why.starts_with(NOT_ALLOWED)
}

#[cfg(test)]
mod tests {
    use domain::{ids::IntegrationId, integration::Provider};

    use super::*;

    const NOON: Timestamp = Timestamp::constant(1_767_268_800, 0);

    fn integration(status: Status) -> Integration {
        let id = IntegrationId::parse("acme-ghl").unwrap();
        let settings = serde_json::Value::Null;
        Integration { status, ..Integration::new(id, "", Provider::Ghl, settings, NOON) }
    }

    #[test]
    fn an_integration_works_as_long_as_it_has_tokens() {
        let lost = Stage::Lost { since: NOON };
        let broken = changed(&integration(Status::Active), (&lost, &[]), NOON).unwrap();
        assert_eq!(broken.status, Status::Error);
        assert_eq!(changed(&broken, (&lost, &[]), NOON), None);
        assert_eq!(changed(&broken, (&Stage::Good, &[]), NOON).unwrap().status, Status::Active);
    }

    #[test]
    fn an_integration_works_once_the_app_is_allowed_all_it_needs() {
        let missing = ["contacts.write".to_owned()];
        let some = (&Stage::Good, &missing[..]);
        let broken = changed(&integration(Status::Active), some, NOON).unwrap();
        assert_eq!(broken.status, Status::Error);
        assert_eq!(changed(&broken, some, NOON), None);
        assert_eq!(changed(&broken, (&Stage::Good, &[]), NOON).unwrap().status, Status::Active);
    }

    #[test]
    fn what_somebody_switched_off_stays_off() {
        let off = integration(Status::Disconnected);
        for stage in [Stage::Good, Stage::Lost { since: NOON }] {
            assert_eq!(changed(&off, (&stage, &[]), NOON), None);
        }
    }
}
