//! Reading what may be missing, empty, or not what was promised.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields of an object, or none if it is not one. Whatever is not as expected is missing.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value) -> Self {
        Self(value.as_object())
    }

    /// The fields of an object within this one.
    pub(crate) fn within(self, name: &str) -> Self {
        Self(self.value(name).and_then(Value::as_object))
    }

    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0?.get(name)
    }

    pub(crate) fn get<T: Deserialize<'a>>(self, name: &str) -> Option<T> {
        T::deserialize(self.value(name)?).ok()
    }

    /// A string that is not empty, for GoHighLevel leaves out what is empty, and sometimes does not.
    pub(crate) fn text<T: From<String>>(self, name: &str) -> Option<T> {
        let text = self.value(name)?.as_str().filter(|it| !it.is_empty())?;
        Some(text.to_owned().into())
    }

    /// `false` if it does not say `true`.
    pub(crate) fn flag(self, name: &str) -> bool {
        match self.value(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// A whole number, or one in a string.
    pub(crate) fn number(self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// What is in a list. One thing stands for a list of it.
    pub(crate) fn list(self, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let values = match self.value(name) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(Value::Null) | None => &[],
            Some(one) => std::slice::from_ref(one),
        };
        values.iter()
    }

    /// Those of a list that are usable.
    pub(crate) fn all<T: Deserialize<'a>>(self, name: &str) -> Vec<T> {
        self.list(name).filter_map(|it| T::deserialize(it).ok()).collect()
    }

    /// The names and values of the fields.
    pub(crate) fn each(self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        self.0.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_as_expected_is_missing() {
        let value = json!({ "a": "", "b": 7, "c": [1, "x"], "d": "x", "e": "TRUE", "f": "12" });
        let fields = Fields::of(&value);

        assert_eq!(fields.text::<String>("a"), None);
        assert_eq!(fields.text::<String>("b"), None);
        assert_eq!(fields.get::<String>("b"), None);
        assert_eq!(fields.all::<String>("c"), ["x"]);
        assert_eq!(fields.all::<String>("d"), ["x"]);
        assert_eq!(fields.all::<String>("missing"), [""; 0]);
        assert_eq!((fields.flag("d"), fields.flag("e"), fields.flag("b")), (false, true, false));
        assert_eq!((fields.number("b"), fields.number("f")), (Some(7), Some(12)));
        assert_eq!(fields.within("d").value("a"), None);
        assert_eq!(Fields::of(&json!([1])).each().count(), 0);
    }
}
