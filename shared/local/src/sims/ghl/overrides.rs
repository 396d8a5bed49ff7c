//! Where the published `OpenAPI` files are known to be wrong, and what is right instead.

use serde_json::{Map, Value, json};

/// Versions that an operation was measured to take beyond the one its file prints.
pub(super) const ALSO_ACCEPTED_BY_CONVERSATIONS: &str = "2021-07-28";

/// Values of `Version` that GHL has published. Any other is refused before the operation is looked at.
pub(super) const PUBLISHED_VERSIONS: [&str; 5] =
    ["2021-04-15", "2021-07-28", "2023-02-21", "v3", "legacy"];

/// Fields that the files require and GHL does not.
const NOT_REQUIRED: [(&str, &[&str]); 3] = [
    // A contact alone is enough and creates the conversation; the default provider needs no id.
    ("ProcessMessageBodyDto", &["conversationId", "contactId", "conversationProviderId"]),
    // Many live calls leave both out.
    ("SendMessageBodyDto", &["subType", "status"]),
    // A custom field goes by its key as well.
    ("TextField", &["id"]),
];

/// Strings that the files print as objects.
const STRINGS: [(&str, &str); 3] = [
    ("CreateContactDto", "dateOfBirth"),
    ("UpdateContactDto", "dateOfBirth"),
    ("UpsertContactDto", "dateOfBirth"),
];

/// The body of `POST /oauth/reconnect`, which only a help page describes.
pub(super) fn reconnect() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "properties": {
            "clientKey": text, "clientSecret": text, "locationId": text, "companyId": text,
        },
        "required": ["clientKey", "clientSecret"],
        "additionalProperties": false,
    })
}

/// Corrects the schemas of one file, by name, in place.
pub(super) fn apply(schemas: &mut Map<String, Value>) {
    for (schema, fields) in NOT_REQUIRED {
        if let Some(required) = schemas.get_mut(schema).and_then(|it| it["required"].as_array_mut())
        {
            required.retain(|field| !fields.iter().any(|it| field == it));
        }
    }
    for (schema, field) in STRINGS {
        if let Some(schema) = schemas.get_mut(schema) {
            schema["properties"][field] = json!({ "type": "string", "nullable": true });
        }
    }
    // Printed as an object, with the two values in its description only.
    if let Some(schema) = schemas.get_mut("ProcessMessageBodyDto") {
        schema["properties"]["direction"] = json!({ "enum": ["inbound", "outbound"] });
    }
}
