//! Creates tables as the template declares them.

use dynoxide::Database;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::DynamoError;
use crate::template::Table;

/// What `CloudFormation` and DynamoDB call by the same name, and the local database knows.
const COMMON: [&str; 4] =
    ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"];

pub(super) fn create(database: &Database, name: &str, table: &Table) -> Result<(), DynamoError> {
    let refused = |source| DynamoError::Table { table: name.to_owned(), source };
    database.create_table(read(name, creation(name, table))?).map_err(refused)?;
    if let Some(attribute) = &table.time_to_live {
        let setting = json!({
            "TableName": name,
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
        });
        database.update_time_to_live(read(name, setting)?).map_err(refused)?;
    }
    Ok(())
}

fn creation(name: &str, table: &Table) -> Value {
    let mut request = json!({ "TableName": name, "BillingMode": "PAY_PER_REQUEST" });
    for property in COMMON {
        if let Some(value) = table.properties.get(property) {
            request[property] = value.clone();
        }
    }
    request
}

fn read<T: DeserializeOwned>(table: &str, request: Value) -> Result<T, DynamoError> {
    serde_json::from_value(request)
        .map_err(|source| DynamoError::Unreadable { table: table.to_owned(), source })
}
