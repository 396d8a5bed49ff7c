//! The app is taken out of a location. Its work is parked, and nothing of it is lost.

use aws::RouteTo;
use domain::{
    ids::LocationId,
    install::{Attached, Standing, Told},
    integration::{Fault, FaultCode, Integration, Status, Tested},
    token::Happening,
};
use jiff::Timestamp;

use super::{InstallError, Installing, done};

impl Installing {
    /// The other side says that the app was taken out at `at`. What it said before an installation
    /// that came after it changes nothing.
    pub async fn uninstalled(
        &self,
        location: &LocationId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let stored = self.tell(location, Told::Uninstalled { at }, None, None, now).await?;
        if stored.install.standing() != Standing::Uninstalled {
            return Ok(());
        }
        // A location whose token was pasted was never given to its tenant by a consent.
        match self.renewal.store.route_of_location(location).await? {
            Some(RouteTo { tenant, integration }) => {
                self.disconnect(&Attached { tenant, integration }, at, now).await
            }
            None => Ok(()),
        }
    }

    async fn disconnect(
        &self,
        attached: &Attached,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), InstallError> {
        let scope = self.renewal.store.of(&attached.tenant);
        let Some(row) = scope.integration_row(&attached.integration).await? else { return Ok(()) };
        let mut transaction =
            scope.transaction().replace_integration(&row, &taken_back(&row.body, now));
        if let Some(tokens) = scope.tokens(&attached.integration).await? {
            if tokens.body.is_granted_since(at) {
                return Ok(()); // Somebody has consented since.
            }
            let next = tokens.body.after(Happening::Refused, now);
            transaction = transaction.set_tokens(Some(&tokens), &next);
        }
        // If somebody else is at it, the event comes back.
        Ok(done(&transaction.commit().await?)?)
    }
}

fn taken_back(integration: &Integration, now: Timestamp) -> Integration {
    let fault = Some(Fault {
        code: FaultCode::InvalidCredentials,
        why: "The app was taken out of the location. Install it again to go on.".to_owned(),
    });
    let status = match integration.status {
        Status::Disconnected => Status::Disconnected,
        Status::Pending | Status::Active | Status::Error => Status::Error,
    };
    let tested = Some(Tested { at: now, took_ms: 0, fault });
    Integration { status, tested, ..integration.clone() }
}
