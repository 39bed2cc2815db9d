//! The parameters of a query or form, where repeating one matters.

/// As they came, in order.
#[derive(serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// An empty value counts as none (RFC 6749, section 3.1).
    pub(super) fn one<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).find(|value| !value.is_empty())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// "Parameters MUST NOT be included more than once" (RFC 6749, section 3.1).
    pub(super) fn repeated(&self) -> bool {
        self.0.iter().any(|(name, _)| self.all(name).count() > 1)
    }
}
