//! What each function does, read off its code by hand.

/// What is done to which resource.
#[derive(Clone, Copy)]
pub(super) enum Does {
    /// Looks an item up by its key.
    Reads(&'static str),
    /// Looks up the items of one partition.
    Lists(&'static str),
    /// Looks up what is overdue, and nothing of its content.
    Sweeps(&'static str),
    /// Adds an item or writes over one, alone or in a transaction.
    Writes(&'static str),
    /// Changes an attribute of an item.
    Changes(&'static str),
    /// Makes a transaction depend on an item that it leaves as it is.
    Checks(&'static str),
    /// Looks up the items of one list.
    Finds(&'static str, &'static str),
    /// Takes an item away.
    Deletes(&'static str),
    Opens(&'static str),
    /// Makes a tenant's first data key.
    Makes(&'static str),
    /// Looks at dead letters, and takes away what it has put back.
    Clears(&'static str),
    /// Reads a secret of the application's.
    Knows(&'static str),
    Sends(&'static str),
    Consumes(&'static str),
}

use Does::{
    Changes, Checks, Clears, Consumes, Deletes, Finds, Knows, Lists, Makes, Opens, Reads, Sends,
    Sweeps, Writes,
};

pub(super) const STATE: &str = "StateTable";
pub(super) const JOURNAL: &str = "JournalTable";
pub(super) const KEY: &str = "VaultKey";
pub(super) const OPERATOR_KEY: &str = "OperatorKeySecret";
pub(super) const API_SECRET: &str = "ApiSecret";
pub(super) const INBOUND: &str = "InboundQueue";
pub(super) const OUTBOUND: &str = "OutboundQueue";
pub(super) const REPORTS: &str = "ReportsQueue";
pub(super) const CRM: &str = "CrmQueue";
pub(super) const CLIENT_SECRET: &str = "GhlClientSecret";

/// `app::Intake`: route, integration, credentials; then the event, and its job.
const INTAKE: &[Does] =
    &[Reads(STATE), Lists(STATE), Opens(KEY), Writes(JOURNAL), Sends(INBOUND), Sends(REPORTS)];

pub(super) const DOES: [(&str, &[Does]); 15] = [
    ("AlowareWebhookFunction", INTAKE),
    (
        "ApiFunction",
        &[
            Reads(STATE),
            Reads(JOURNAL),
            Lists(STATE),
            Lists(JOURNAL), // sync log and audit log
            Finds(STATE, "recent"),
            Finds(STATE, "parked"),
            Finds(JOURNAL, "recent"),
            Finds(JOURNAL, "parked"),
            Writes(STATE),
            Writes(JOURNAL),
            Deletes(STATE), // integrations, credentials, and whom somebody wants forgotten
            Changes(JOURNAL), // counts calls
            Opens(KEY),
            Makes(KEY),
            Knows(API_SECRET),
            Sends(INBOUND),
            Sends(OUTBOUND),
            Sends(REPORTS),
            Clears("InboundDeadLetters"),
            Clears("OutboundDeadLetters"),
            Clears("ReportsDeadLetters"),
            Sends(CRM),
            Clears("CrmDeadLetters"),
        ],
    ),
    ("AuthorizerFunction", &[Reads(STATE), Knows(OPERATOR_KEY)]), // API keys
    (
        "CrmConsumerFunction",
        &[
            Consumes(CRM),
            Reads(STATE),
            Lists(STATE),           // the tenant's numbers
            Reads(JOURNAL),         // the event, and the pace that all keep to
            Finds(STATE, "recent"), // whether a message is one of ours
            Opens(KEY),
            Makes(KEY),
            Writes(STATE),
            Writes(JOURNAL), // who connected what, and the pace
            Knows(CLIENT_SECRET),
            Sends(CRM),
            Sends(REPORTS), // who must not be texted, if GoHighLevel thinks otherwise
        ],
    ),
    (
        "GhlOauthFunction",
        &[
            Reads(STATE),
            Opens(KEY),
            Makes(KEY),
            Writes(STATE),
            Reads(JOURNAL),  // the pace that all keep to
            Writes(JOURNAL), // who connected what, and the pace
            Knows(CLIENT_SECRET),
            Knows(API_SECRET),
            Sends(CRM),
            Sends(REPORTS), // what waited for the connection goes on
        ],
    ),
    (
        "TokenRefresherFunction",
        &[
            Finds(STATE, "recent"),
            Reads(STATE),
            Opens(KEY),
            Makes(KEY),
            Writes(STATE),
            Reads(JOURNAL), // the pace that all keep to
            Writes(JOURNAL),
            Knows(CLIENT_SECRET),
            Sends(CRM),
        ],
    ),
    (
        "GhlWebhookFunction",
        &[
            Reads(STATE),
            Lists(STATE), // what workflows sign with
            Opens(KEY),
            Writes(JOURNAL),
            Sends(CRM),
        ],
    ),
    ("TextingWebhookFunction", INTAKE),
    ("TwilioWebhookFunction", INTAKE),
    ("TelnyxWebhookFunction", INTAKE),
    (
        "GhlDeliveryFunction",
        &[Reads(STATE), Writes(STATE), Writes(JOURNAL), Sends(OUTBOUND), Sends(REPORTS)],
    ),
    (
        "InboundConsumerFunction",
        &[
            Consumes(INBOUND),
            Reads(STATE),
            Reads(JOURNAL), // the event
            Lists(STATE),   // credentials
            Opens(KEY),
            Writes(STATE),
            Writes(JOURNAL),
            Sends(OUTBOUND), // answers to keywords
            Sends(REPORTS),  // who must not be texted
            Sends(CRM),      // a token is refused
        ],
    ),
    (
        "OutboundConsumerFunction",
        &[
            Consumes(OUTBOUND),
            Reads(STATE),
            Lists(STATE), // credentials
            Opens(KEY),
            Checks(STATE), // the opt-out registry, as the message is dispatched
            Writes(STATE),
            Writes(JOURNAL),
            Sends(REPORTS),
        ],
    ),
    (
        "ReportConsumerFunction",
        &[
            Consumes(REPORTS),
            Reads(STATE),
            Reads(JOURNAL), // the event
            Lists(STATE),   // credentials
            Opens(KEY),
            Writes(STATE),
            Writes(JOURNAL),
            Finds(STATE, "parked"),
            Finds(JOURNAL, "parked"),
            Sends(INBOUND), // what goes on that was parked
            Sends(OUTBOUND),
            Sends(REPORTS), // what the CRM is to be told of a report
            Sends(CRM),
        ],
    ),
    (
        "SweeperFunction",
        &[
            Sweeps(STATE),
            Sweeps(JOURNAL),
            Changes(STATE),
            Changes(JOURNAL),
            Sends(INBOUND),
            Sends(OUTBOUND),
            Sends(REPORTS),
            Sends(CRM),
        ],
    ),
];

/// What Lambda itself needs to hand out a queue, and what `aws::queue::work` needs to put off what
/// failed.
pub(super) const CONSUMING: [&str; 4] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ChangeMessageVisibility",
];

const CLEARING: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

impl Does {
    pub(super) fn needs(self) -> Vec<(String, String)> {
        let arn = |name| format!("${{{name}.Arn}}");
        let one = |action: &str, resource| vec![(action.to_owned(), resource)];
        match self {
            Reads(table) => one("dynamodb:GetItem", arn(table)),
            Lists(table) => one("dynamodb:Query", arn(table)),
            Sweeps(table) => one("dynamodb:Query", arn(table) + "/index/due"),
            Writes(table) => one("dynamodb:PutItem", arn(table)),
            Changes(table) => one("dynamodb:UpdateItem", arn(table)),
            Checks(table) => one("dynamodb:ConditionCheckItem", arn(table)),
            Finds(table, index) => one("dynamodb:Query", format!("{}/index/{index}", arn(table))),
            Deletes(table) => one("dynamodb:DeleteItem", arn(table)),
            Opens(key) => one("kms:Decrypt", arn(key)),
            Makes(key) => one("kms:GenerateDataKey", arn(key)),
            Clears(queue) => CLEARING.map(|it| (it.to_owned(), arn(queue))).to_vec(),
            // What refers to a secret is its ARN.
            Knows(secret) => one("secretsmanager:GetSecretValue", format!("${{{secret}}}")),
            Sends(queue) => one("sqs:SendMessage", arn(queue)),
            Consumes(queue) => CONSUMING.map(|it| (it.to_owned(), arn(queue))).to_vec(),
        }
    }
}
