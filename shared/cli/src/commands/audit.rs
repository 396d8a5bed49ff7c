//! The audit log.

use super::Most;
use crate::{
    failure::Failure,
    request::Request,
    session::Session,
    show::{Columns, column},
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  duplex --tenant acme audit --limit 20
  duplex audit                    the operators' own, as an operator who names no tenant
  duplex --tenant acme audit --json | jq 'select(.action == \"integration.rotate\")'";

const COLUMNS: Columns = &[
    column("AT", "/at"),
    column("WHO", "/who"),
    column("ACTION", "/action"),
    column("SUBJECT", "/subject"),
    column("REASON", "/reason"),
    column("REQUEST", "/request"),
];

pub(crate) async fn run(most: Most, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    session.list(Request::get(&["audit-log"]), COLUMNS, most.limit).await
}
