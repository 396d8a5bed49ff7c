//! How often a caller called in this minute.

use aws_sdk_dynamodb::types::{AttributeValue::N, ReturnValue};
use jiff::{SignedDuration, Timestamp};

use crate::{
    item::Table,
    keys::Key,
    store::{Scope, StoreError, attributes},
};

/// A count is of no use after its minute; an hour more does no harm.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

impl Scope<'_> {
    /// Counts a call of `who` in the minute that began at `minute`, and says the how many-th it was.
    pub async fn count_call(&self, who: &str, minute: Timestamp) -> Result<u32, StoreError> {
        let key = Key::rate(self.tenant, who, minute);
        let expires_at = minute.checked_add(KEPT).unwrap_or(Timestamp::MAX).as_second();
        let counted = self
            .store
            .client
            .update_item()
            .table_name(self.store.table(Table::Journal))
            .set_key(Some(attributes(&key)))
            .update_expression("ADD calls :one SET expires_at = :expires, #kind = :kind")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":one", N("1".to_owned()))
            .expression_attribute_values(":expires", N(expires_at.to_string()))
            .expression_attribute_values(
                ":kind",
                aws_sdk_dynamodb::types::AttributeValue::S("calls in a minute".to_owned()),
            )
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        let calls = counted.attributes.as_ref().and_then(|it| it.get("calls")?.as_n().ok());
        calls.and_then(|it| it.parse().ok()).ok_or(StoreError::Missing("count of calls"))
    }
}
