//! Whether somebody who texted is to have their contact copied elsewhere, too.

use aws::{Row, Transaction, logs::Chain};
use domain::{contact_copy::ContactCopy, jobs::Job};
use jiff::Timestamp;
use tracing::warn;

use crate::{Deps, Told};

/// A copy that is to be made, and what is written down of it so far.
#[derive(Debug)]
pub(crate) struct Wanted {
    row: Option<Row<ContactCopy>>,
    copy: ContactCopy,
}

/// The copy that this text is the first to ask for, if the tenant wants copies. It must never be in
/// the text's way: what cannot be found out now is asked for by the person's next text.
pub(crate) async fn wanted(deps: &Deps, told: Told<'_>, now: Timestamp) -> Option<Wanted> {
    let phone = &told.text.from;
    let tenant = deps.connections.tenant(told.tenant, now).await.ok()?;
    let integration = tenant.contact_copies_to.as_ref()?;
    match deps.store.of(told.tenant).contact_copy(integration, phone).await {
        Ok(None) => {
            let copy = ContactCopy::wanted(integration.clone(), phone.clone(), now);
            Some(Wanted { row: None, copy })
        }
        Ok(Some(row)) => Some(Wanted { copy: row.body.wanted_again(now)?, row: Some(row) }),
        Err(e) => {
            warn!(error = %Chain(&e), "a contact is not copied, for the table did not answer");
            None
        }
    }
}

impl Wanted {
    pub(crate) fn write<'a>(&self, transaction: Transaction<'a>) -> Transaction<'a> {
        transaction.set_contact_copy(self.row.as_ref(), &self.copy)
    }

    pub(crate) fn job(&self, told: Told<'_>) -> Job {
        self.copy.job(told.tenant)
    }
}
