//! A template's conditions, decided by its parameters.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Values, values::plain};

/// Which conditions hold.
pub(super) fn decide(
    conditions: &BTreeMap<String, Value>,
    values: &Values,
) -> BTreeMap<String, bool> {
    let decide = |name: &String| holds(&conditions[name], conditions, values);
    conditions.keys().map(|name| (name.clone(), decide(name))).collect()
}

fn holds(condition: &Value, all: &BTreeMap<String, Value>, values: &Values) -> bool {
    let Some((function, argument)) = condition.as_object().and_then(|it| it.iter().next()) else {
        return false;
    };
    let mut parts = argument.as_array().into_iter().flatten();
    match function.as_str() {
        "Fn::Equals" => plain(&values.fill(&argument[0])) == plain(&values.fill(&argument[1])),
        "Fn::Not" => !parts.any(|it| holds(it, all, values)),
        "Fn::And" => parts.all(|it| holds(it, all, values)),
        "Fn::Or" => parts.any(|it| holds(it, all, values)),
        "Condition" => argument
            .as_str()
            .and_then(|name| all.get(name))
            .is_some_and(|it| holds(it, all, values)),
        _ => false,
    }
}
