//! What a world stands on: tables, queues, keys and secrets. All that tests need which run the
//! functions in process.

use serde_json::{Map, Value, json};

use super::{DeployError, Site};
use crate::{
    emulator::{ACCOUNT, Control, REGION, control::text},
    template::{Values, plain},
};

/// Properties of a queue that are not attributes of it.
const NOT_ATTRIBUTES: [&str; 2] = ["QueueName", "Tags"];

/// The tables, queues, keys and secrets of one world.
#[derive(Clone, Debug)]
pub struct Foundation {
    pub(super) values: Values,
    pub(super) control: Control,
}

impl Foundation {
    /// Creates what the template declares.
    pub async fn create(site: Site<'_>) -> Result<Self, DeployError> {
        let mut values = Values::of(site.template, site.parameters);
        for (name, value) in [
            ("AWS::Region", REGION),
            ("AWS::AccountId", ACCOUNT),
            ("AWS::Partition", "aws"),
            ("AWS::StackName", site.world),
        ] {
            values.set(name, value);
        }
        let mut foundation = Self { values, control: site.ministack.control() };
        foundation.name_queues(site)?;
        foundation.create_tables(site)?;
        foundation.create_keys(site).await?;
        foundation.create_secrets(site).await?;
        foundation.create_queues(site).await?;
        Ok(foundation)
    }

    /// The queue that the template calls `name`.
    pub fn queue_url(&self, name: &str) -> Result<&str, DeployError> {
        self.value(name)
    }

    pub fn queue_arn(&self, name: &str) -> Result<&str, DeployError> {
        self.value(&format!("{name}.Arn"))
    }

    pub fn table_name(&self, name: &str) -> Result<&str, DeployError> {
        self.value(name)
    }

    pub fn key_arn(&self, name: &str) -> Result<&str, DeployError> {
        self.value(&format!("{name}.Arn"))
    }

    pub fn secret_arn(&self, name: &str) -> Result<&str, DeployError> {
        self.value(name)
    }

    /// What the names in the template stand for in this world.
    pub fn values(&self) -> &Values {
        &self.values
    }

    pub(super) fn value(&self, name: &str) -> Result<&str, DeployError> {
        self.values.get(name).ok_or_else(|| DeployError::Unknown(name.to_owned()))
    }

    /// Queues name each other, so their addresses have to be known before the first exists.
    fn name_queues(&mut self, site: Site<'_>) -> Result<(), DeployError> {
        for (id, queue) in site.template.queues(&self.values)? {
            let end = if queue.fifo_queue { ".fifo" } else { "" };
            let name = name(site, id, queue.properties.get("QueueName"), end);
            self.values.set(id, format!("{}/{ACCOUNT}/{name}", self.control.endpoint()));
            self.values.set_attribute(id, "Arn", arn("sqs", &name));
            self.values.set_attribute(id, "QueueName", name);
        }
        Ok(())
    }

    fn create_tables(&mut self, site: Site<'_>) -> Result<(), DeployError> {
        for (id, table) in site.template.tables(&self.values)? {
            let name = name(site, id, table.properties.get("TableName"), "");
            site.dynamo.create_table(&name, &table)?;
            self.values.set_attribute(id, "Arn", arn("dynamodb", &format!("table/{name}")));
            self.values.set(id, name);
        }
        Ok(())
    }

    async fn create_keys(&mut self, site: Site<'_>) -> Result<(), DeployError> {
        const CREATE: &str = "TrentService.CreateKey";
        for (id, key) in site.template.keys(&self.values)? {
            let request = json!({ "Description": key.description });
            let created = self.control.call("kms", CREATE, &request).await?;
            self.values.set(id, text(&created, "/KeyMetadata/KeyId", CREATE)?);
            self.values.set_attribute(id, "Arn", text(&created, "/KeyMetadata/Arn", CREATE)?);
        }
        for (id, alias) in site.template.resources("AWS::KMS::Alias", &self.values) {
            let declared = alias["AliasName"].as_str().and_then(|it| it.strip_prefix("alias/"));
            let name = name(site, id, declared.map(Value::from).as_ref(), "");
            let name = format!("alias/{name}");
            let request = json!({ "AliasName": name, "TargetKeyId": alias["TargetKeyId"] });
            self.control.call("kms", "TrentService.CreateAlias", &request).await?;
            self.values.set(id, name);
        }
        Ok(())
    }

    /// A secret that is to be made up gets a value that nobody takes for a real one.
    async fn create_secrets(&mut self, site: Site<'_>) -> Result<(), DeployError> {
        const CREATE: &str = "secretsmanager.CreateSecret";
        for (id, secret) in site.template.secrets(&self.values)? {
            let value = secret.local_value(&format!("local-{}-{id}", site.world));
            let request = json!({ "Name": name(site, id, None, ""), "SecretString": value });
            let created = self.control.call("secretsmanager", CREATE, &request).await?;
            self.values.set(id, text(&created, "/ARN", CREATE)?);
        }
        Ok(())
    }

    /// Dead letters first: a queue may only name one that exists.
    async fn create_queues(&self, site: Site<'_>) -> Result<(), DeployError> {
        let queues = site.template.resources("AWS::SQS::Queue", &self.values);
        let mut queues = queues.into_iter().collect::<Vec<_>>();
        queues.sort_by_key(|(_, it)| it.get("RedrivePolicy").is_some());
        for (id, properties) in queues {
            let name = self.value(&format!("{id}.QueueName"))?;
            let request = json!({ "QueueName": name, "Attributes": attributes(&properties) });
            self.control.call("sqs", "AmazonSQS.CreateQueue", &request).await?;
        }
        Ok(())
    }
}

/// The declared name if it tells worlds apart, else one that does.
pub(super) fn name(site: Site<'_>, id: &str, declared: Option<&Value>, end: &str) -> String {
    let declared = declared.and_then(Value::as_str).filter(|it| it.contains(site.world));
    declared.map_or_else(|| format!("{}-{id}{end}", site.world), str::to_owned)
}

pub(super) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// `CloudFormation` and SQS call them alike, but SQS wants text.
fn attributes(properties: &Value) -> Map<String, Value> {
    let properties = properties.as_object().into_iter().flatten();
    properties
        .filter(|(name, _)| !NOT_ATTRIBUTES.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), plain(value).into()))
        .collect()
}
