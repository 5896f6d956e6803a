//! JSON bodies by field. In: a body's bytes, the keys that it may have. Out: values of the type asked for. Never: a field that the format does not know.

use crate::json::Json;
use std::collections::BTreeMap;

/// A JSON object with exactly the keys of its type.
pub(crate) struct Fields(BTreeMap<String, Json>);

impl Fields {
    /// Reads an object that has these keys and no other.
    pub(crate) fn read(bytes: &[u8], keys: &[&str]) -> Result<Self, String> {
        let value = Json::read(bytes).map_err(|error| format!("the body: {error}"))?;
        Self::of(value, keys)
    }

    /// As [`Fields::read`], of a value inside another.
    pub(crate) fn of(value: Json, keys: &[&str]) -> Result<Self, String> {
        let Json::Object(map) = value else {
            return Err("the body is no JSON object".to_owned());
        };
        if let Some(missing) = keys.iter().find(|key| !map.contains_key(**key)) {
            return Err(format!("the body has no `{missing}`"));
        }
        match map.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(other) => Err(format!(
                "the body has a field {} that its type has not",
                crate::quote(other)
            )),
            None => Ok(Self(map)),
        }
    }

    /// A text.
    pub(crate) fn text(&self, key: &str) -> Result<&str, String> {
        self.get(key)
            .as_str()
            .ok_or_else(|| format!("`{key}` is no text"))
    }

    /// A whole number.
    pub(crate) fn number(&self, key: &str) -> Result<u64, String> {
        self.get(key)
            .as_u64()
            .ok_or_else(|| format!("`{key}` is no whole number"))
    }

    /// A list of texts, each as `read` makes it.
    pub(crate) fn list<T>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, String> {
        let items = self
            .get(key)
            .as_list()
            .ok_or_else(|| format!("`{key}` is no list"))?;
        let item = |value: &Json| {
            let text = value.as_str().unwrap_or_default();
            read(text).ok_or_else(|| format!("{} is no value of `{key}`", crate::quote(text)))
        };
        items.iter().map(item).collect()
    }

    /// A text as `read` makes it.
    pub(crate) fn parsed<T>(
        &self,
        key: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, String> {
        let text = self.text(key)?;
        read(text).ok_or_else(|| format!("{} is no value of `{key}`", crate::quote(text)))
    }

    /// The value, whatever its type.
    pub(crate) fn get(&self, key: &str) -> &Json {
        self.0.get(key).unwrap_or(&Json::Null)
    }
}
