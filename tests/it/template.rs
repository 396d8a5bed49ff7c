//! What `template.yaml` promises, as claims about it. Nothing is deployed here: the template is read
//! as the local world reads it, and held against the code.

mod calls;
mod conditions;
mod data;
mod edge;
mod functions;
mod parameters;
mod permissions;
mod queues;
mod watch;

use std::{collections::BTreeMap, fs, path::PathBuf};

use local::template::{Event, Function, Template, Values};
use serde_json::Value;
use serde_norway::Value as Yaml;

/// What the parameters are set to here, so that what follows a parameter can be told from what
/// does not.
const GIVEN: [(&str, &str); 4] = [
    ("PublicOrigin", "https://duplex.test"),
    ("LogRetentionDays", "7"),
    ("MaximumConcurrency", "77"),
    ("AlarmTopicArn", "arn:aws:sns:eu-west-1:111122223333:alarms"),
];

/// The template, read twice: as resources, and as the file has it.
struct Declared {
    template: Template,
    values: Values,
    raw: Yaml,
}

impl Declared {
    fn read() -> Self {
        let text = fs::read_to_string(root().join("template.yaml")).unwrap();
        let template = Template::parse(&text).unwrap();
        let given = GIVEN.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let values = Values::of(&template, &given.into_iter().collect());
        Self { template, values, raw: serde_norway::from_str(&text).unwrap() }
    }

    /// With what `Globals` adds to each.
    fn functions(&self) -> BTreeMap<&str, Function> {
        self.template.functions(&self.values).unwrap()
    }

    fn resources(&self, kind: &str) -> BTreeMap<&str, Value> {
        self.template.resources(kind, &self.values)
    }

    fn queue(&self, name: &str) -> Value {
        self.resources("AWS::SQS::Queue")[name].clone()
    }

    /// A resource as the file has it.
    fn raw(&self, name: &str) -> &Yaml {
        &self.raw["Resources"][name]
    }

    /// Queues that work waits in, each with the name of the queue that takes its dead letters.
    fn work_queues(&self) -> BTreeMap<String, String> {
        let queues = self.resources("AWS::SQS::Queue");
        let with_target = queues.iter().filter_map(|(name, queue)| {
            let target = queue["RedrivePolicy"]["deadLetterTargetArn"].as_str()?;
            Some(((*name).to_owned(), resource_of(target)))
        });
        with_target.collect()
    }

    /// The functions that a queue calls, by the queue.
    fn consumers(&self) -> Vec<(String, String)> {
        let functions = self.functions();
        let events =
            functions.iter().flat_map(|(name, it)| it.events.values().map(move |e| (name, e)));
        let of_queues = events.filter_map(|(name, event)| match event {
            Event::Queue { queue, .. } => Some((resource_of(queue), (*name).to_owned())),
            Event::HttpApi { .. } | Event::Schedule { .. } => None,
        });
        of_queues.collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folders in `functions/`, which are also the names of their crates.
fn folders() -> Vec<String> {
    let entries = fs::read_dir(root().join("functions")).unwrap();
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// `inbound-consumer` is `InboundConsumer` in the template.
fn pascal_case(folder: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    folder.split('-').map(capital).collect()
}

/// The name of the resource that a reference stands for: `InboundQueue` of `${InboundQueue.Arn}`.
fn resource_of(reference: &str) -> String {
    let name = reference.strip_prefix("${").and_then(|it| it.split_once('}')).map(|it| it.0);
    let name = name.unwrap_or_else(|| panic!("{reference} is no reference to a resource"));
    name.split('.').next().unwrap_or_default().to_owned()
}

/// One text or a list of them, as `CloudFormation` takes either.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}
