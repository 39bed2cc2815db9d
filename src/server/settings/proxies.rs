//! The proxies in front of this instance: the only ones who are believed when they say for whom they ask.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de::Error};

/// Addresses and networks of proxies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Whether it is one of them.
    #[must_use]
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A list, or the text with commas that the environment has it in.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    List(Vec<String>),
    Text(String),
}

impl<'de> Deserialize<'de> for Proxies {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let wrong = "trusted_proxies must be a list of addresses or networks, like [\"127.0.0.1\", \"10.0.0.0/8\"]";
        let all = match Written::deserialize(value).ok().ok_or(D::Error::custom(wrong))? {
            Written::List(all) => all,
            Written::Text(text) => text.split(',').map(str::to_owned).collect(),
        };
        let all = all.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let read = |text: &str| read(text).ok_or_else(|| D::Error::custom(format!("{wrong}; {text:?} is neither")));
        Ok(Self(all.map(read).collect::<Result<_, _>>()?))
    }
}

fn read(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
